import Foundation

@testable import Model

extension CompanionFile {
    /// One of these sizes, as recorded facts would hold it.
    static func sample(layers: [UInt64] = [], rest: UInt64 = 0) throws -> CompanionFile {
        let text = "{\"layers\": \(layers), \"rest\": \(rest)}"
        return try JSONDecoder().decode(CompanionFile.self, from: Data(text.utf8))
    }
}
