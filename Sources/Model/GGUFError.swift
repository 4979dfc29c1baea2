/// Why a file is not a GGUF that llama.cpp would load.
package struct GGUFError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Where in the file, in bytes from its beginning.
    package var offset: UInt64
    /// What is wrong there, and what to do about it where that is not plain.
    package var problem: String

    package init(offset: UInt64, problem: String) {
        self.offset = offset
        self.problem = problem
    }

    package var description: String { "at byte \(offset): \(problem)" }
}
