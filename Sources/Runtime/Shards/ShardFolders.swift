import Basics
import Configuration
import Foundation
import Remote
import Sharding
import Survey

/// The folders of shards of nodes, of whatever model.
package struct ShardFolders: Sendable {
    /// Whose, and where.
    package var place: ShardPlace
    /// What is there.
    package var listings: [ShardListing] = []
    /// Why nobody knows.
    package var problem: String?

    /// Other versions of a model that are stored, each as a sentence: nothing else would tell that
    /// they take room.
    package static func versions(
        in folders: [ShardFolders], of model: String, but current: String, cluster: String
    ) -> [String] {
        var places: [String: [String]] = [:]
        for var folder in folders {
            _ = folder.leaveOthers(than: cluster)
            for listing in folder.listings where listing.model == model && listing.id != current {
                places[listing.id, default: []].append(
                    "\(folder.place.node) \(MemorySize.text(listing.bytes))")
            }
        }
        return places.sorted { $0.key < $1.key }.map { id, places in
            "another version of \(model) stays stored: \(places.joined(separator: ", ")). "
                + "sollol shard --remove \(id) removes it"
        }
    }

    /// Leaves only what is to be removed: of that model what is not complete, too, where it has a
    /// name of the model or the ID of something that has. Returns what people should know.
    ///
    /// - Parameter id: nothing but that is removed, of whatever model.
    package static func choose(
        _ folders: inout [ShardFolders], of model: String, _ id: String? = nil, in cluster: String
    ) -> [String] {
        guard id == nil else {
            return folders.indices.flatMap { index in
                folders[index].listings.removeAll { $0.id != id }
                return folders[index].leaveOthers(than: cluster)
            }
        }
        let named = folders.flatMap(\.listings).filter { $0.model == model }
        let ids = Set(named.map(\.id))
        var notices: [String] = []
        for index in folders.indices {
            let place = folders[index].place
            let nameless = folders[index].listings.filter {
                $0.model.isEmpty && !ids.contains($0.id)
            }
            folders[index].listings.removeAll {
                $0.model != model && !($0.model.isEmpty && ids.contains($0.id))
            }
            notices += folders[index].leaveOthers(than: cluster)
            notices += nameless.map {
                "\(place.node): \($0.id) stays, \(MemorySize.text($0.bytes)): it is not complete, "
                    + "and nothing tells of which model. sollol shard --remove \($0.id) removes it"
            }
        }
        return notices
    }

    /// Leaves out what is of other clusters, which have workers with the same endpoint; what their
    /// manifests do not tell counts as ours. Returns what people should know.
    package mutating func leaveOthers(than cluster: String) -> [String] {
        let others = listings.filter { $0.owner.map { $0 != cluster } ?? false }
        listings.removeAll(where: others.contains)
        return others.map { listing in
            "\(place.node): \(listing.id) stays, since it is stored for the cluster "
                + "\(TerminalText.quote(listing.owner ?? "")). sollol shard --remove with its "
                + "configuration removes it"
        }
    }

    /// What each node has, asked side by side.
    package static func all(
        _ places: [ShardPlace], cluster: String, timeouts: Timeouts
    ) -> [ShardFolders] {
        ask(places.map { ShardFolders(place: $0) }, timeouts) { folder in
            let holder = ShardFolder.name(of: folder.place.node, cluster: cluster)
            return [ShardScript.list(base: folder.place.base, holder: holder)]
        }
    }

    /// Removes what is listed; what is left to list was there.
    package static func remove(
        _ folders: [ShardFolders], cluster: String, timeouts: Timeouts
    ) -> [ShardFolders] {
        let wanted = folders.map { Set($0.listings.map(\.id)) }
        var left = ask(folders, timeouts) { folder in
            let holder = ShardFolder.name(of: folder.place.node, cluster: cluster)
            return folder.listings.map { listing in
                ShardScript.list(base: folder.place.base, holder: holder, removing: listing.id)
            }
        }
        for index in left.indices {
            left[index].listings.removeAll { !wanted[index].contains($0.id) }
            if left[index].problem == nil,
                let stays = left[index].listings.first(where: {
                    !$0.isRemoved
                })
            {
                let removal = left[index].place.removal(of: stays.id, cluster)
                left[index].problem = "\(stays.id) could not be removed. Try: \(removal)"
            }
        }
        return left
    }

    /// Asks each its lines, one after the other; the answers together are its listings.
    private static func ask(
        _ folders: [ShardFolders], _ timeouts: Timeouts,
        _ lines: @escaping (ShardFolders) -> [String]
    ) -> [ShardFolders] {
        let loop = EventLoop()
        let queue = ConnectionQueue<Int>(loop: loop)
        var answers = folders
        var shells: [HostShell] = []
        var missing = folders.count
        func done(_ index: Int, _ shell: HostShell?) {
            shell?.close()
            queue.finished(index)
            missing -= 1
            if missing == 0 { loop.stop() }
        }
        func next(_ index: Int, _ shell: HostShell, _ rest: ArraySlice<String>) {
            guard let line = rest.first else { return done(index, shell) }
            shell.ask(line, timeout: 60 + timeouts.connect) { bytes in
                guard let listings = ShardListing.all(bytes) else {
                    answers[index].problem = "its answer was cut off"
                    return done(index, shell)
                }
                answers[index].problem = ShardAnswer(bytes).obstacle ?? answers[index].problem
                answers[index].listings.removeAll { old in listings.contains { $0.id == old.id } }
                answers[index].listings += listings
                next(index, shell, rest.dropFirst())
            } failure: { failure in
                answers[index].problem = failure.message(folders[index].place.location)
                done(index, shell)
            }
        }
        for (index, folder) in folders.enumerated() {
            queue.request(index) {
                let carrier = SSHCommand.argv(to: folder.place.location, timeouts: timeouts)
                do {
                    let shell = try HostShell(carrier: carrier, loop: loop)
                    shells.append(shell)
                    next(index, shell, lines(folder)[...])
                } catch {
                    answers[index].problem = "\(error)"
                    loop.at(EventLoop.now) { done(index, nil) }
                }
            }
        }
        guard missing > 0 else { return answers }
        Signals.running(loop) {
            for shell in shells { shell.kill() }
            loop.stop()
        }
        return answers
    }
}
