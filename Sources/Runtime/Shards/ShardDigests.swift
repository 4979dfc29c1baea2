import Basics
import Configuration
import Foundation
import Plan
import Remote
import Sharding
import Survey

/// The digests of everything that a layout stores, as the source has it.
enum ShardDigests {
    /// Ranges that are asked for at once.
    private static let batch = 16

    /// Digests of all tensors and of all pieces of the skeleton, by the names of their files.
    ///
    /// What workers store already has its digest in the manifest. Other tensors are left to the
    /// tools of the host that has the model, which are quicker than what is here; a piece of the
    /// skeleton is no part of a file, since it has holes.
    /// - Throws: `ShardSource.Problem`.
    static func of(
        _ layout: ShardLayout, _ source: ShardSource, timeouts: Timeouts,
        progress: @escaping (UInt64) -> Void
    ) throws(ShardSource.Problem) -> [String: String] {
        var digests: [String: String] = [:]
        if let stored = source.stored {
            try stored.check(for: layout)
            for tensor in layout.tensors {
                // One that is in the skeleton now has no digest of its own yet.
                if let digest = stored.digests[tensor.name] {
                    digests[tensor.fileName] = digest
                } else {
                    digests[tensor.fileName] = try read(ShardItem(tensor), of: source)
                }
            }
        } else {
            digests = try ofTensors(layout, source, timeouts, progress: progress)
        }
        for item in layout.items(of: .coordinator) {
            digests[item.file.name] = try read(item, of: source)
        }
        return digests
    }

    private static func read(
        _ item: ShardItem, of source: ShardSource
    ) throws(ShardSource.Problem) -> String {
        try digest(of: 0..<item.file.byteCount) { offset, count throws(ShardSource.Problem) in
            try item.bytes(of: source, from: offset, count)
        }
    }

    /// The SHA-256 of bytes that are read in pieces.
    ///
    /// - Parameter read: so many from that offset on.
    /// - Throws: `ShardSource.Problem`.
    static func digest(
        of range: Range<UInt64>,
        _ read: (UInt64, Int) throws(ShardSource.Problem) -> [UInt8]
    ) throws(ShardSource.Problem) -> String {
        var digest = SHA256()
        var offset = range.lowerBound
        while offset < range.upperBound {
            let count = Int(min(range.upperBound - offset, 1 << 20))
            digest.add(try read(offset, count))
            offset += UInt64(count)
        }
        return digest.hex
    }

    private static func ofTensors(
        _ layout: ShardLayout, _ source: ShardSource, _ timeouts: Timeouts,
        progress: @escaping (UInt64) -> Void
    ) throws(ShardSource.Problem) -> [String: String] {
        let loop = EventLoop()
        let shell: HostShell
        let carrier = SSHCommand.argv(to: source.location, timeouts: timeouts)
        do { shell = try HostShell(carrier: carrier, loop: loop) } catch {
            throw ShardSource.Problem(description: "\(error)")
        }
        let nothing = SHA256.hex([])
        var left = layout.tensors[...]
        var digests: [String: String] = [:]
        var problem: String?
        var done: UInt64 = 0
        func next() {
            let some = Array(left.prefix(batch))
            guard !some.isEmpty else { return loop.stop() }
            left = left.dropFirst(batch)
            let bytes = some.reduce(UInt64(0)) { $0 + $1.byteCount }
            let line = ShardScript.digests(some.map { (source.paths[$0.part], $0.range) })
            let timeout = 30 + timeouts.connect + Double(bytes) / PlannedShard.slowestDigest
            shell.ask(line, timeout: timeout) { answer in
                let ranges = ShardAnswer(answer).ranges
                for (index, tensor) in some.enumerated() {
                    digests[tensor.fileName] = ranges[index]
                    // What could not be read: no tensor is empty.
                    guard ranges[index] == nothing else { continue }
                    problem =
                        "\(source.location.shown(source.paths[tensor.part])): "
                        + "the tools of that host could not read \(tensor.name)"
                    return loop.stop()
                }
                done += bytes
                next()
            } failure: { failure in
                problem = failure.message(source.location)
                loop.stop()
            }
        }
        loop.at(EventLoop.now) { next() }
        ShardWork.keepTelling(on: loop) { if done > 0 { progress(done) } }
        Signals.running(loop) {
            shell.kill()
            loop.stop()
        }
        shell.close()
        if let problem { throw ShardSource.Problem(description: problem) }
        for tensor in layout.tensors where digests[tensor.fileName]?.utf8.count != 64 {
            throw ShardSource.Problem(
                description: "\(source.location.named) has no sha256sum or shasum to "
                    + "digest \(tensor.name)")
        }
        return digests
    }
}
