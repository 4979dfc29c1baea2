import Basics
import Model
import Placement

/// Which tensor is stored where: large ones with the worker that computes with them, the rest in
/// the skeleton, at the coordinator.
package struct ShardLayout: Equatable, Sendable {
    /// Which model.
    package let id: ModelID
    /// The files of the skeleton, as many as the model has.
    package let skeleton: [SkeletonFile]
    /// What is stored elsewhere, in the order of the files.
    package let tensors: [ShardedTensor]
    /// Bytes of the skeleton that the coordinator sends to workers at each start.
    package let uploadedBytes: UInt64

    /// Why a model cannot be stored so.
    package struct Problem: Error, Equatable, Sendable {
        /// What is wrong and what to do.
        package var message: String
    }

    /// The layout of a model that is placed so.
    ///
    /// What a worker shall take from its disk must reach no other memory, since the skeleton has
    /// nothing but a hole: a tensor that is copied to several devices stays, and so does one of
    /// which nobody knows for sure where llama.cpp puts it.
    ///
    /// - Parameters:
    ///   - headers: one of each file, with the bytes of that file.
    ///   - shards: whether that worker can be given files: one that `sollol` starts.
    /// - Throws: `Problem` where the coordinator would store more than a model can have: a server
    ///   names any length, and a file with a hole behind its tensors has any.
    package init(
        _ id: ModelID, _ headers: [(header: GGUFHeader, fileSize: UInt64)],
        _ placement: ModelPlacement, shards: (Node) -> Bool = { _ in true }
    ) throws(Problem) {
        self.id = id
        let devices = placement.request.devices
        var names = Set<String>()
        var tensors: [ShardedTensor] = []
        var uploaded: UInt64 = 0
        for (part, file) in headers.enumerated() {
            for tensor in file.header.tensors {
                let home = placement.home(ofTensor: tensor.name)
                guard case .device(let device) = home,
                    tensor.byteCount > ShardedTensor.threshold, shards(devices[device].node)
                else {
                    if home != .coordinator { uploaded += tensor.byteCount }
                    continue
                }
                let start = file.header.dataOffset + tensor.offset
                var number = 0
                var sharded: ShardedTensor
                repeat {
                    sharded = ShardedTensor(
                        tensor.name, of: id, holder: devices[device].node, part: part,
                        range: start..<(start + tensor.byteCount), number: number)
                    number += 1
                } while !names.insert(sharded.fileName).inserted
                tensors.append(sharded)
            }
        }
        self.tensors = tensors
        uploadedBytes = uploaded
        let whole = headers.reduce(0) { $0 + $1.fileSize }
        let away = tensors.reduce(0) { $0 + $1.byteCount }
        guard whole - away <= Bounds.skeletonBytes else {
            throw Problem(
                message: "it has \(MemorySize.text(whole)), and workers would store "
                    + "\(MemorySize.text(away)) of them: what is left for the coordinator is "
                    + "more than \(MemorySize.text(Bounds.skeletonBytes)). "
                    + "Try: a file that ends where its tensors do")
        }
        skeleton = headers.enumerated().map { part, file in
            SkeletonFile(
                part: part, of: headers.count, byteCount: file.fileSize,
                holes: tensors.filter { $0.part == part })
        }
    }

    /// Who stores something, in the order of the first tensors.
    package var holders: [Node] {
        tensors.reduce(into: []) { if !$0.contains($1.holder) { $0.append($1.holder) } }
    }

    /// What one worker stores.
    package func tensors(of node: Node) -> [ShardedTensor] { tensors.filter { $0.holder == node } }

    /// Bytes that a node stores: its shard, or what of the skeleton is no hole.
    package func storedBytes(of node: Node) -> UInt64 {
        node.isWorker
            ? tensors(of: node).reduce(0) { $0 + $1.byteCount }
            : skeleton.reduce(0) { $0 + $1.storedBytes }
    }
}
