import Basics

/// Reads what `ShardManifest.text` writes, line by line, as the programs on hosts do: a line is a
/// value of its own, so that the manifest of a large model takes little more memory than its text.
struct ShardManifestReader {
    typealias Problem = ShardManifest.Problem

    private var rest: ArraySlice<UInt8>
    private var number = 0

    /// Nothing of it was read yet.
    init(_ bytes: ArraySlice<UInt8>) throws(Problem) {
        guard bytes.count <= Bounds.shardManifestBytes else {
            throw Problem(message: "it is larger than \(Bounds.shardManifestBytes >> 20) MiB")
        }
        rest = bytes
    }

    /// The next line as an object: members with a comma behind them.
    ///
    /// - Parameter start: what the line begins with.
    mutating func members(from start: String = "") throws(Problem) -> JSONValue {
        let line = try next()
        guard line.starts(with: start.utf8), line.last == UInt8(ascii: ",") else {
            throw problem("no member of the manifest")
        }
        return try value(Array("{".utf8) + line.dropFirst(start.utf8.count).dropLast() + [0x7D])
    }

    /// The list that begins in the next line, an element a line.
    mutating func list<Element>(
        _ key: String, endingWith end: String, _ element: (JSONValue) throws(Problem) -> Element
    ) throws(Problem) -> [Element] {
        let start = Array("\"\(key)\": [".utf8)
        var line = try next()
        guard line.starts(with: start) else { throw Problem(message: "\(key) is no list") }
        line = line.dropFirst(start.count)
        if line.isEmpty { line = try next() }
        let last = Array("}\(end)".utf8)
        var list: [Element] = []
        while !line.elementsEqual(end.utf8) {
            let isLast = line.suffix(last.count).elementsEqual(last)
            guard isLast || line.suffix(2).elementsEqual("},".utf8) else {
                throw problem("no element of \(key)")
            }
            list.append(try element(try value(Array(line.dropLast(isLast ? end.utf8.count : 1)))))
            if isLast { break }
            line = try next()
        }
        return list
    }

    /// Nothing may follow.
    func end() throws(Problem) {
        guard rest.isEmpty else { throw Problem(message: "something follows its end") }
    }

    private mutating func next() throws(Problem) -> ArraySlice<UInt8> {
        number += 1
        guard !rest.isEmpty else { throw problem("nothing") }
        let line = rest.prefix { $0 != UInt8(ascii: "\n") }
        rest = rest.dropFirst(line.count + 1)
        return line
    }

    private func value(_ bytes: [UInt8]) throws(Problem) -> JSONValue {
        do throws(JSONReadError) {
            return try JSONReader.read(bytes, from: .shardManifest).root.value
        } catch {
            throw Problem(
                message: "line \(number), column \(error.position.column): \(error.message)")
        }
    }

    private func problem(_ found: String) -> Problem {
        Problem(message: "line \(number): found \(found)")
    }
}
