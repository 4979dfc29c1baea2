import Basics
import Configuration
import Facts
import Foundation
import Model
import Remote
import Survey

/// Looks at one host: one connection, first all of its facts, then the model's header.
final class HostLook {
    /// Seconds for everything that a host tells about itself, beside the time to connect.
    private static let patience = 45.0

    /// What is asked, and who is told.
    struct Handlers {
        /// Where ssh waits.
        var waiting: (SSHWait) -> Void
        /// The host, or its jump host, had too many connections at once.
        var turnedAway: () -> Void
        /// The look is over.
        var done: (HostSurvey) -> Void
    }

    private let loop: EventLoop
    private let timeouts: Timeouts
    private let kept: OpenConnections?
    private let handlers: Handlers
    private var survey: HostSurvey
    private var shell: HostShell?
    private let carrier: [String]?
    /// For a login that a person has to confirm.
    private var isPatient = false
    private var turnedAway = TurnedAway()
    private var isCancelled = false
    private var caches: [CachePruning]
    private var model = ModelParts()
    /// What is read now beside the model, and what has still to be; nil: the model itself.
    private var companion: SurveyRequest.Companion?
    private var companions: [SurveyRequest.Companion] = []

    /// A look that has not begun.
    ///
    /// - Parameter kept: where the connection stays open; nil: it is closed.
    init(
        _ request: SurveyRequest, timeouts: Timeouts, keeping kept: OpenConnections?,
        loop: EventLoop, handlers: Handlers
    ) {
        self.loop = loop
        self.timeouts = timeouts
        self.kept = kept
        self.handlers = handlers
        survey = HostSurvey(request: request)
        caches = request.caches.reversed()
        carrier = SSHCommand.argv(
            to: request.location, forwards: request.forwards, timeouts: timeouts)
    }

    /// Begins, again after it was turned away; `done` is never called from within this call.
    func begin() {
        guard !isCancelled else { return }
        do {
            let shell = try HostShell(
                carrier: isPatient ? carrier.map(SSHCommand.patient) : carrier, loop: loop)
            self.shell = shell
            shell.connection?.waits = { [self] in waits($0) }
            ask(SurveyScript.survey(survey.request)) { [self] in took($0) }
        } catch {
            loop.at(EventLoop.now) { [self] in finish(problem: Complaint("\(error)")) }
        }
    }

    /// Ends the connection; `done` is not called any more.
    func cancel() {
        isCancelled = true
        shell?.kill()
    }

    /// After `cancel`: returns when the connection is gone, or at that time.
    func waitForEnd(until deadline: Instant) { shell?.closeAndWait(until: deadline) }

    private func ask(_ line: String, size: Int = 0, _ answer: @escaping ([UInt8]) -> Void) {
        shell?.ask(
            line, size: size, timeout: timeouts.connect + Self.patience, answer: answer,
            failure: { [self] in failed($0) })
    }

    /// A login that somebody has to confirm gets the time for it before the address is told: that
    /// of the login before would be of no use.
    private func waits(_ wait: SSHWait) {
        if wait.isForPerson, wait.namesAddress, !isPatient {
            isPatient = true
            shell?.close()
            return begin()
        }
        if wait.isForPerson { shell?.extend(to: SSHWait.personPatience) }
        handlers.waiting(wait)
    }

    /// Too many connections at once are a matter of pace, for as long as a connection may take.
    private func failed(_ failure: SurveyFailure) {
        guard failure.isTurnedAway, turnedAway.mayTryAgain(within: timeouts.connect) else {
            return finish(problem: failure.complaint(survey.request.location))
        }
        shell?.close()
        handlers.turnedAway()
    }

    private func took(_ answer: [UInt8]) {
        guard let report = SurveyReport(answer, request: survey.request) else {
            let failure = SurveyFailure.ended(
                status: nil, words: shell?.words ?? [], wait: nil, hasBegun: false)
            return finish(problem: failure.complaint(survey.request.location))
        }
        survey.report = report
        survey.clockSkew = report.clock.map { $0 - Int64(Date().timeIntervalSince1970) }
        survey.agentKey = shell?.agentKey
        companions = survey.request.companions
        if survey.request.model != nil, let skeleton = survey.request.skeleton {
            return read(skeleton)
        }
        switch survey.request.model {
        // Of one on a web server there is nothing on a host but its shards.
        case nil, .address?: finish()
        case .file(let path)?: read(path)
        case .ollama(let name)?:
            do throws(SurveyReport.ModelProblem) {
                let file = survey.request.fileOfModelName
                read(try report.ollamaPath(of: name, isFile: file.map(RegularFile.exists) == true))
            } catch {
                survey.modelProblem = error.complaint
                finish()
            }
        }
    }

    // MARK: Model

    private func read(_ path: String) {
        model = ModelParts()
        model.paths = [path]
        readPart()
    }

    /// Reads the header of the next part; most models have only one.
    private func readPart() {
        model.growing = nil
        ask(SurveyScript.read(model.current, offset: 0, count: 1)) { [self] in
            tookModel($0, askedFor: 1)
        }
    }

    /// The first line is size and time, or why there is neither; then come bytes.
    private func tookModel(_ answer: [UInt8], askedFor count: Int) {
        let path = model.current
        let line = answer.prefix { $0 != UInt8(ascii: "\n") }
        let bytes = Array(answer.dropFirst(line.count + 1))
        let words = String(decoding: line, as: UTF8.self)
        let numbers = Outside.numbers(
            words.split(separator: " "), in: Outside.bytes, Outside.fileTime)
        guard let numbers else {
            survey.modelProblem =
                SurveyReport.ModelProblem(
                    answer: words, path: path, user: survey.report?.user ?? "",
                    model: companion == nil ? survey.request.model : nil, kind: companion?.kind,
                    part: model.part,
                    isSkeleton: companion == nil && survey.request.skeleton != nil
                ).complaint
            return finish()
        }
        var header = model.growing ?? GrowingHeader(fileSize: UInt64(numbers[0]))
        // Held once only, or every piece would be copied.
        model.growing = nil
        header.append(bytes, askedFor: count)
        let step = header.step()
        model.growing = header
        switch step {
        case .fetch(let offset, let count):
            ask(SurveyScript.read(path, offset: offset, count: count), size: count << 20) {
                [self] in
                tookModel($0, askedFor: count)
            }
        case .refused(let error):
            survey.modelProblem = error.complaint.about("the \(what) \(path)")
            if companion == nil, survey.request.skeleton != nil {
                survey.modelProblem?.remedy = ShardLooks.remedy
            }
            finish()
        case .header(let header):
            if model.headers.isEmpty {
                let seconds = numbers[1]
                model.stamp = HostFacts.Stamp(size: numbers[0], modified: seconds * 1_000_000_000)
                if let split = GGUFSplit(header), split.number == 0 {
                    model.paths =
                        GGUFSplit.paths(first: path, count: split.count) ?? model.paths
                }
            }
            model.add(header)
            let isWhole = model.headers.count == model.paths.count || model.isTooLarge
            if isWhole { tookHeaders() } else { readPart() }
        }
    }

    private func tookHeaders() {
        let home = survey.report?.home ?? ""
        let first = model.paths[0]
        let path = first.hasPrefix("~/") ? home + first.dropFirst() : first
        do throws(ModelShape.Problem) {
            try take(path)
            readCompanion()
        } catch {
            survey.modelProblem = Complaint("the \(what) \(path): \(error.message).")
            finish()
        }
    }

    private var what: String { companion?.kind.name ?? "model" }

    private func take(_ path: String) throws(ModelShape.Problem) {
        guard let companion else {
            let shape = try ModelShape(model.headers)
            survey.model = HostSurvey.Model(path: path, stamp: model.stamp, shape: shape)
            if survey.request.wantsProbes {
                let pair = try? ProbeModel.pair(
                    of: model.headers, longest: Bounds.probeHeaderBytes)
                survey.model?.probes = pair.map { [$0.small, $0.large] } ?? []
            }
            if case .ollama? = survey.request.model, let report = survey.report {
                addOwn(report.ollamaCompanions())
            }
            return
        }
        var entry = HostFacts.Model(path: path, stamp: model.stamp)
        if companion.kind == .draftModel {
            let shape = try ModelShape(model.headers)
            entry.shape = shape
            entry.blockCount = shape.blockCount
        } else {
            entry.companion = try CompanionFile(model.headers[0], as: companion.kind)
        }
        survey.companions[companion.path] = entry
    }

    /// What a model brings along, unless the configuration names another projector.
    private func addOwn(_ own: [SurveyRequest.Companion]) {
        let isNamed = companions.contains { $0.kind == .projector }
        let used = own.filter { $0.kind != .projector || !isNamed }
        survey.model?.companions = used
        companions += used
    }

    private func readCompanion() {
        companion = companions.isEmpty ? nil : companions.removeFirst()
        guard let companion else { return finish() }
        read(companion.path)
    }

    // MARK: Tensor caches

    /// Seconds for one cache; a start never waits longer for this.
    private static let pruningPatience = 30.0

    /// In the same connection, since each costs more than all of this.
    private func prune(_ cache: CachePruning) {
        shell?.ask(
            cache.line, timeout: Self.pruningPatience,
            answer: { [self] bytes in
                if let report = cache.report(String(decoding: bytes, as: UTF8.self)) {
                    survey.pruned.append(report)
                }
                finish()
            },
            failure: { [self] _ in
                caches = []
                finish()
            })
    }

    /// Unless ssh could not listen on a port that it should forward: it goes on without.
    private var usableShell: HostShell? {
        let complaints = ["cannot listen to port", "Could not request local forwarding"]
        let isWhole = shell?.words.allSatisfy { word in !complaints.contains { word.contains($0) } }
        return isWhole == true ? shell : nil
    }

    private func finish(problem: Complaint? = nil) {
        if problem == nil, let cache = caches.popLast() { return prune(cache) }
        if let problem {
            survey.problem = problem
            survey.report = nil
        }
        if problem == nil, let kept, let carrier, let connection = usableShell?.handOver() {
            kept.keep(connection, for: carrier)
        } else {
            shell?.close()
        }
        shell = nil
        handlers.done(survey)
    }
}
