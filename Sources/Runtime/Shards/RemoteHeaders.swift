import Basics
import Configuration
import Model
import Sharding
import Survey

/// Reads the headers of a model on a web server, and nothing else of it.
package enum RemoteHeaders {
    /// Seconds that a piece of a header may take.
    private static let patience = 120
    /// How often it is asked for when the way or the server fails.
    private static let attempts = 3

    /// The model whose first file is there.
    ///
    /// - Parameter tell: told what is waited for.
    /// - Throws: `ShardSource.Problem`.
    package static func source(
        _ address: SourceAddress, tell: @escaping (String) -> Void
    ) throws(ShardSource.Problem) -> ShardSource {
        var digest = SHA256()
        var files: [RemoteFile] = []
        var headers: [(header: GGUFHeader, fileSize: UInt64)] = []
        func read(_ address: SourceAddress) throws(ShardSource.Problem) {
            let reader = HeaderReader(address, digest)
            let header = try reader.header(tell)
            digest = reader.digest
            files.append(reader.file)
            headers.append((header, reader.file.byteCount))
        }
        try read(address)
        if let first = headers.first, let split = GGUFSplit(first.header) {
            guard let all = address.parts(split.count), all.count == split.count else {
                throw ShardSource.Problem(
                    description: "\(address.shown): it is one of \(split.count) files of a model, "
                        + "and not the first by its name. Name the first one.")
            }
            for address in all.dropFirst() { try read(address) }
        }
        return ShardSource(files, headers: headers, id: ModelID(digest))
    }

    /// Some bytes of a file, by the curl of this machine.
    ///
    /// - Parameter file: nil when nothing is known of it yet.
    fileprivate static func ask(
        _ address: SourceAddress, _ file: RemoteFile?, _ range: Range<UInt64>,
        _ tell: (String) -> Void
    ) throws(ShardSource.Problem) -> (answer: RangeAnswer, file: RemoteFile) {
        var (failures, pause, waited) = (0, 0, 0)
        while true {
            let printed = try run(address, file, range, after: pause)
            var asked: Int?
            do throws(SourceFault) {
                let answer = try ShardScript.curlAnswer(printed)
                asked = answer.retryAfter
                if let file {
                    try answer.check(range, of: file)
                    return (answer, file)
                }
                return (answer, try answer.file(address, first: UInt64(range.count)))
            } catch {
                // Such a wait is no failure: limits run over minutes. Longer and longer where it
                // names little each time: it is not asked thousands of times.
                asked = asked.map { max($0, waited / 12) }
                if let asked, case .status(let status) = error,
                    waited + asked <= Bounds.sourceWaitsSeconds
                {
                    (pause, waited) = (asked, waited + asked)
                    tell(SourceFault.waits(seconds: asked, status: status))
                    continue
                }
                failures += 1
                pause = failures
                guard error.isPassing, failures < attempts else {
                    throw ShardSource.Problem(
                        description: "\(address.shown): \(error.messageOfHeader)")
                }
            }
        }
    }

    private static func run(
        _ address: SourceAddress, _ file: RemoteFile?, _ range: Range<UInt64>, after pause: Int
    ) throws(ShardSource.Problem) -> [UInt8] {
        let shell: HostShell
        do { shell = try HostShell(carrier: nil, loop: EventLoop()) } catch {
            throw ShardSource.Problem(description: "\(error)")
        }
        defer { shell.close() }
        let line = ShardScript.header(
            address, etag: file?.etag, range, after: pause, seconds: patience)
        let answer = shell.answer(
            to: line, size: range.count, timeout: Double(pause + patience + 30))
        switch answer {
        case .success(let printed): return printed
        case .failure(let failure): throw ShardSource.Problem(description: failure.message(.here))
        }
    }
}

/// Reads one header from its beginning to its end, a piece at a time: all of it counts for the
/// model's identity, and no more than a piece is held.
private final class HeaderReader {
    private let address: SourceAddress
    private(set) var file: RemoteFile
    /// Of all that was read before `start`.
    private(set) var digest: SHA256
    /// What follows `start`.
    private var piece: [UInt8] = []
    private var start: UInt64 = 0

    private static let size = UInt64(Bounds.sourcePieceBytes)

    init(_ address: SourceAddress, _ digest: SHA256) {
        self.address = address
        self.digest = digest
        file = RemoteFile(address: address, etag: "", byteCount: 0)
    }

    /// The header; `digest` has all of it then.
    func header(_ tell: @escaping (String) -> Void) throws(ShardSource.Problem) -> GGUFHeader {
        let first = try RemoteHeaders.ask(address, nil, 0..<Self.size, tell)
        file = first.file
        piece = Array(first.answer.body)
        do {
            let header = try GGUFHeader(fileSize: file.byteCount) { offset, count in
                try self.pass(to: offset, tell)
                try self.need(count, tell)
                return Array(self.piece.prefix(count))
            }
            try pass(to: header.dataOffset, tell)
            return header
        } catch let error as GGUFError {
            throw ShardSource.Problem(description: "\(address.shown): \(error)")
        } catch {
            throw ShardSource.Problem(description: "\(error)")
        }
    }

    /// Passes over what comes before that place.
    private func pass(
        to offset: UInt64, _ tell: (String) -> Void
    ) throws(ShardSource.Problem) {
        while start < offset {
            try need(1, tell)
            let count = Int(min(offset - start, UInt64(piece.count)))
            guard count > 0 else { return }
            digest.add(Array(piece[..<count]))
            piece.removeFirst(count)
            start += UInt64(count)
        }
    }

    /// Fetches until so many bytes are there, or the file is over.
    private func need(_ count: Int, _ tell: (String) -> Void) throws(ShardSource.Problem) {
        while piece.count < count {
            let next = start + UInt64(piece.count)
            let end = min(next + Self.size, file.byteCount)
            guard next < end else { return }
            piece += try RemoteHeaders.ask(address, file, next..<end, tell).answer.body
        }
    }
}
