import Basics

/// How far a reload is.
package struct ReloadProgress: Codable, Equatable, Sendable {
    /// Counts the reloads of one `sollol`, from 1.
    package var number: Int
    /// What people were told about it so far.
    package var lines: [String] = []
    /// The exit status of the command, once it is over.
    package var outcome: Int32?
    /// What would become of it, where only that was asked.
    package var preview: ReloadPreview?

    /// A reload that has just begun.
    package init(number: Int) { self.number = number }
}

/// The reloads of one running `sollol`: one at a time is judged and drains, and whoever asks
/// meanwhile waits and has the file judged anew.
///
/// | stage | what happens | next |
/// |---|---|---|
/// | waiting | another one is judged or drains | judged |
/// | judged | a second process reads the file and looks at the hosts | refused, or drains |
/// | draining | accepted; what it outdates finishes its requests and ends | comes up |
/// | coming up | in force; the cluster does not serve with it yet | served, or taken back |
///
/// A reload that comes up keeps nobody waiting: the next one takes its place once it is in force.
/// One with which the cluster does not come up is taken back: what served before is in force again.
package struct ReloadQueue: Equatable, Sendable {
    private enum Stage: Equatable, Sendable {
        case waiting, judged, comingUp
        /// `changes`: whether anything that runs will be different.
        case draining(changes: Bool)

        var isDraining: Bool { if case .draining = self { true } else { false } }
    }

    private struct Entry: Equatable, Sendable {
        var stage: Stage
        var progress: ReloadProgress
        /// Whether it is only asked what would happen.
        var isPreview = false
    }

    /// Lines that the command shows of one reload: a cluster that does not serve again may tell for
    /// ever.
    private static let mostLines = 300
    /// Reloads that are over and may still be asked for.
    private static let mostEnded = 16

    private var entries: [Entry] = []
    private var ended: [ReloadProgress] = []
    private var last = 0

    /// No reload yet.
    package init() {}

    /// Takes a request. Who waits already reads the file after this one, so that both are one.
    ///
    /// - Parameter isPreview: whether it is only asked what would happen.
    /// - Returns: the number of the reload.
    package mutating func requested(isPreview: Bool = false) -> Int {
        if let same = entries.first(where: { $0.stage == .waiting && $0.isPreview == isPreview }) {
            return same.progress.number
        }
        last += 1
        var progress = ReloadProgress(number: last)
        let before = entries.first { $0.stage == .judged || $0.stage.isDraining }
        if let before {
            let what = before.stage == .judged ? "is being judged" : "waits for requests in flight"
            progress.lines = ["an earlier reload \(what); this one waits for it"]
        }
        entries.append(Entry(stage: .waiting, progress: progress, isPreview: isPreview))
        return last
    }

    /// Lets the waiting one be judged, where nothing is in its way. Returns whether it is.
    package mutating func begin() -> Bool {
        guard let waiting = index(of: .waiting), index(of: .judged) == nil,
            draining == nil
        else { return false }
        entries[waiting].stage = .judged
        return true
    }

    /// Whether of the one that is judged it is only asked what would happen.
    package var isPreviewed: Bool { index(of: .judged).map { entries[$0].isPreview } ?? false }

    /// What would become of the one that was judged.
    package mutating func previewed(_ lines: [String], _ preview: ReloadPreview) {
        guard let judged = index(of: .judged) else { return }
        tell(lines, at: judged)
        entries[judged].progress.preview = preview
        _ = end(judged, .success)
    }

    /// The one that was judged changes nothing. Returns how far it came.
    package mutating func refused(_ lines: [String], _ status: ExitStatus) -> ReloadProgress? {
        guard let judged = index(of: .judged) else { return nil }
        tell(lines, at: judged)
        return end(judged, status)
    }

    /// The one that was judged is taken over, and that is said about it.
    ///
    /// - Parameter changes: whether anything that runs will be different.
    package mutating func accepted(_ lines: [String], changes: Bool = true) {
        guard let judged = index(of: .judged) else { return }
        tell(lines, at: judged)
        entries[judged].stage = .draining(changes: changes)
    }

    /// The one that drained is in force.
    package mutating func adopted() {
        guard let drained = draining else { return }
        // What changes nothing serves the one before it as well.
        let changes = entries[drained].stage == .draining(changes: true)
        while changes, let former = index(of: .comingUp) {
            tell(["error: another reload has taken the place of this one"], at: former)
            _ = end(former, .unavailable)
        }
        if let drained = draining { entries[drained].stage = .comingUp }
    }

    /// The cluster serves with what is in force.
    package mutating func served() {
        while let ready = index(of: .comingUp) { _ = end(ready, .success) }
    }

    /// The cluster does not come up with what is in force, and goes back to what served before.
    package mutating func takenBack(_ reason: String) {
        while let failed = index(of: .comingUp) {
            let text = "error: the reload was taken back, and what served before starts again: "
            tell([text + reason], at: failed)
            _ = end(failed, .unavailable)
        }
    }

    /// The cluster is being ended.
    package mutating func clusterEnds() {
        while !entries.isEmpty {
            tell(["error: the cluster is being ended"], at: 0)
            _ = end(0, .unavailable)
        }
    }

    /// People were told that, while a reload was under way.
    package mutating func told(_ lines: [String]) {
        for index in entries.indices
        where entries[index].stage.isDraining || entries[index].stage == .comingUp {
            tell(lines, at: index)
        }
    }

    /// Whether one is in force that has not served yet.
    package var isComingUp: Bool { index(of: .comingUp) != nil }

    /// How far a reload is.
    ///
    /// - Parameter number: nil is the last one.
    package func progress(of number: Int?) -> ReloadProgress? {
        let number = number ?? last
        return (entries.map(\.progress) + ended).first { $0.number == number }
    }

    private var draining: Int? { entries.firstIndex { $0.stage.isDraining } }

    private func index(of stage: Stage) -> Int? { entries.firstIndex { $0.stage == stage } }

    private mutating func tell(_ lines: [String], at index: Int) {
        let room = max(0, Self.mostLines - entries[index].progress.lines.count)
        entries[index].progress.lines += lines.prefix(room)
        if lines.count > room, entries[index].progress.lines.count == Self.mostLines {
            entries[index].progress.lines.append("… see: sollol status")
        }
    }

    private mutating func end(_ index: Int, _ status: ExitStatus) -> ReloadProgress {
        var progress = entries.remove(at: index).progress
        progress.outcome = status.rawValue
        ended = ([progress] + ended).prefix(Self.mostEnded).map(\.self)
        return progress
    }
}
