import Basics

/// What lies in a folder of shards: written into it last, when everything else is there and was
/// compared, so that a folder without one holds nothing that counts.
///
/// At a worker it lists what that worker stores; at the coordinator what every worker stores, and
/// the skeleton.
package struct ShardManifest: Equatable, Sendable {
    /// A tensor that a worker stores.
    package struct Tensor: Equatable, Sendable {
        /// `blk.0.ffn_up.weight`.
        package var name: String
        /// Whose it is: `ShardFolder.name`.
        package var holder: String
        /// Bytes.
        package var byteCount: UInt64
        /// The name of its file in the tensor cache.
        package var fileName: String
        /// SHA-256 of its bytes.
        package var digest: String

        /// A tensor with these.
        package init(
            name: String, holder: String, byteCount: UInt64, fileName: String, digest: String
        ) {
            self.name = name
            self.holder = holder
            self.byteCount = byteCount
            self.fileName = fileName
            self.digest = digest
        }
    }

    /// A piece of a file of the skeleton.
    package struct Run: Equatable, Sendable {
        /// Where in the file.
        package var range: Range<UInt64>
        /// SHA-256 of its bytes.
        package var digest: String

        /// A piece with these.
        package init(range: Range<UInt64>, digest: String) {
            self.range = range
            self.digest = digest
        }
    }

    /// A file of the skeleton.
    package struct File: Equatable, Sendable {
        /// `skeleton.gguf`.
        package var name: String
        /// Bytes, the holes included.
        package var byteCount: UInt64
        /// What is no hole.
        package var runs: [Run]

        /// A file with these.
        package init(name: String, byteCount: UInt64, runs: [Run]) {
            self.name = name
            self.byteCount = byteCount
            self.runs = runs
        }
    }

    /// Which model.
    package var id: ModelID
    /// Whose shards these are: clusters may have workers with the same endpoint. Nil in what was
    /// written before manifests named it.
    package var cluster: String?
    /// What the configuration calls it: a path, a name or an address without a token.
    package var model: String
    /// Which placement it was made for: `ShardLayout.placement`.
    package var placement: String
    /// In the order of the model's files.
    package var tensors: [Tensor]
    /// Empty at a worker.
    package var skeleton: [File]

    /// The name of its file.
    package static let fileName = "manifest.json"
    private static let version = 1

    /// A manifest of these.
    package init(
        id: ModelID, cluster: String?, model: String, placement: String, tensors: [Tensor],
        skeleton: [File] = []
    ) {
        self.id = id
        self.cluster = cluster
        self.model = model
        self.placement = placement
        self.tensors = tensors
        self.skeleton = skeleton
    }

    /// What one worker's folder says of it.
    package func part(of holder: String) -> ShardManifest {
        ShardManifest(
            id: id, cluster: cluster, model: model, placement: placement,
            tensors: tensors.filter { $0.holder == holder })
    }

    /// As it is written: an object a line, so that people can search it.
    package var text: String {
        var text = ""
        write { text += $0 }
        return text
    }

    /// The digest of that: it names what a folder has to hold.
    package var digest: String {
        var digest = SHA256()
        write { digest.add(Array($0.utf8)) }
        return digest.hex
    }

    /// Piece by piece, since the text of a large model takes megabytes.
    private func write(_ add: (String) -> Void) {
        for line in Self.heading(id, cluster: cluster, model: model) { add(line + "\n") }
        add("\"placement\": \(OrderedJSON.string(placement).line),\n\"skeleton\": [")
        for (number, file) in skeleton.enumerated() {
            let name = OrderedJSON.string(file.name).line
            add(number > 0 ? ",\n" : "")
            add("{\"name\": \(name), \"bytes\": \(file.byteCount), \"runs\": [")
            for (number, run) in file.runs.enumerated() {
                add((number > 0 ? ", " : "") + Self.json(run).line)
            }
            add("]}")
        }
        add("],\n\"tensors\": [\n")
        for (number, tensor) in tensors.enumerated() {
            let line = OrderedJSON.object([
                ("name", .string(tensor.name)), ("holder", .string(tensor.holder)),
                ("bytes", .int(Int(tensor.byteCount))), ("file", .string(tensor.fileName)),
                ("sha256", .string(tensor.digest)),
            ]).line
            add((number > 0 ? ",\n" : "") + line)
        }
        add("]}\n")
    }

    /// The first two lines: they tell whose a folder is and of which model, before all is there,
    /// too.
    package static func heading(_ id: ModelID, cluster: String?, model: String) -> [String] {
        let owner = cluster.map { ", \"cluster\": \(OrderedJSON.string($0).line)" } ?? ""
        return [
            "{\"format_version\": \(version), \"id\": \"\(id)\"\(owner),", line(naming: model),
        ]
    }

    /// The second line of the manifest of that model, which no other model's has.
    package static func line(naming model: String) -> String {
        "\"model\": \(OrderedJSON.string(model).line),"
    }

    private static func json(_ run: Run) -> OrderedJSON {
        .object([
            ("offset", .int(Int(run.range.lowerBound))),
            ("bytes", .int(Int(run.range.upperBound - run.range.lowerBound))),
            ("sha256", .string(run.digest)),
        ])
    }
}

extension ShardManifest {
    /// Why a text is no manifest.
    package struct Problem: Error, Equatable, Sendable {
        /// What is wrong, as part of a sentence.
        package var message: String
    }

    /// What was written.
    ///
    /// It comes from another host's disk, where anybody may have changed it: whatever it says is
    /// within bounds, and a name in it is nothing but a name.
    /// - Throws: `Problem` for anything else than `text` can be.
    package init(_ bytes: ArraySlice<UInt8>) throws(Problem) {
        var reader = try ShardManifestReader(bytes)
        let head = try reader.members(from: "{")
        guard case .number("\(Self.version)") = head["format_version"]?.value else {
            throw Problem(
                message: "format_version is not \(Self.version): another release of sollol wrote it"
            )
        }
        guard let id = ModelID(try Self.string(head, "id")) else {
            throw Problem(message: "id is no identity of a model")
        }
        self.id = id
        cluster = head["cluster"] == nil ? nil : try Self.string(head, "cluster")
        guard cluster.map({ Outside.name($0) != nil }) ?? true else {
            throw Problem(message: "cluster is no name of a cluster")
        }
        model = try Self.string(try reader.members(), "model")
        placement = try Self.string(try reader.members(), "placement")
        skeleton = try reader.list("skeleton", endingWith: "],", Self.file)
        tensors = try reader.list("tensors", endingWith: "]}", Self.tensor)
        guard Set(tensors.map(\.fileName)).count == tensors.count else {
            throw Problem(message: "two tensors have the same file")
        }
        try reader.end()
        // Whoever adds them up need not fear for the sum.
        var room = UInt64(Outside.bytes.upperBound)
        for count in tensors.map(\.byteCount) + skeleton.map(\.byteCount) {
            guard count <= room else { throw Problem(message: "its files are larger than 1 PiB") }
            room -= count
        }
    }

    /// Why it could not be read again, by us or by the programs that look at it on hosts; nil: it
    /// can. What is written has to pass this.
    package var obstacle: String? {
        do throws(Problem) {
            let read = try ShardManifest(Array(text.utf8)[...])
            return read == self ? nil : "it would read otherwise"
        } catch {
            return error.message
        }
    }

    private static func tensor(_ value: JSONValue) throws(Problem) -> Tensor {
        let tensor = Tensor(
            name: try string(value, "name"), holder: try string(value, "holder"),
            byteCount: try number(value, "bytes"), fileName: try string(value, "file"),
            digest: try digest(value))
        guard ModelID(tensor.fileName) != nil else {
            throw Problem(message: "file is not 16 hexadecimal digits")
        }
        // shard-check.sh finds names between quotes.
        guard !(tensor.name + tensor.holder).contains(where: { $0 == "\"" || $0 == "\\" }) else {
            throw Problem(message: "the name of a tensor or of its holder has a quote in it")
        }
        return tensor
    }

    private static func file(_ value: JSONValue) throws(Problem) -> File {
        let file = File(
            name: try string(value, "name"), byteCount: try number(value, "bytes"),
            runs: try list(value, "runs", run))
        guard Outside.name(file.name) != nil else {
            throw Problem(message: "a file of the skeleton has no name of such")
        }
        var end: UInt64 = 0
        for run in file.runs {
            guard run.range.lowerBound >= end, run.range.upperBound <= file.byteCount else {
                throw Problem(message: "\(file.name): its runs are in no order")
            }
            end = run.range.upperBound
        }
        return file
    }

    private static func run(_ value: JSONValue) throws(Problem) -> Run {
        let offset = try number(value, "offset")
        return Run(
            range: offset..<(offset + (try number(value, "bytes"))), digest: try digest(value))
    }

    private static func list<Element>(
        _ value: JSONValue, _ key: String,
        _ element: (JSONValue) throws(Problem) -> Element
    ) throws(Problem) -> [Element] {
        guard case .array(let nodes)? = value[key]?.value else {
            throw Problem(message: "\(key) is no list")
        }
        var list: [Element] = []
        for node in nodes { list.append(try element(node.value)) }
        return list
    }

    private static func string(_ value: JSONValue, _ key: String) throws(Problem) -> String {
        guard case .string(let text)? = value[key]?.value, (1...4096).contains(text.utf8.count),
            Outside.isPlain(text)
        else { throw Problem(message: "\(key) is no plain text") }
        return text
    }

    private static func number(_ value: JSONValue, _ key: String) throws(Problem) -> UInt64 {
        guard case .number(let digits)? = value[key]?.value,
            let number = Outside.number(digits, in: Outside.bytes)
        else { throw Problem(message: "\(key) is no number of bytes") }
        return UInt64(number)
    }

    private static func digest(_ value: JSONValue) throws(Problem) -> String {
        let text = try string(value, "sha256")
        guard Outside.isHex(text, digits: 64) else {
            throw Problem(message: "sha256 is not 64 hexadecimal digits")
        }
        return text
    }
}
