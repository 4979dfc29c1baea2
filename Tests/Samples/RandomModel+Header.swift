@testable import Model
@testable import ModelMaker

extension RandomModel {
    private struct Enough: Error {}

    /// The header that the file would have; none of its weights is made.
    func header() throws -> GGUFHeader {
        var bytes: [UInt8] = []
        do {
            try write { piece in
                bytes = piece
                throw Enough()
            }
        } catch is Enough {}
        return try GGUFSample.read(bytes, fileSize: 1 << 50)
    }

    func shape() throws -> ModelShape { try ModelShape([header()]) }

    static func with(_ change: (inout RandomModel) -> Void) -> RandomModel {
        var model = RandomModel()
        change(&model)
        return model
    }
}
