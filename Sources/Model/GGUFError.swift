import Basics

/// Why a file is not a GGUF that llama.cpp would load.
package struct GGUFError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Where in the file, in bytes from its beginning.
    package var offset: UInt64
    /// What is wrong there.
    package var problem: String
    /// What to do about it, where that is not plain.
    package var remedy: String?

    package init(offset: UInt64, problem: String, remedy: String? = nil) {
        self.offset = offset
        self.problem = problem
        self.remedy = remedy
    }

    /// The same with where it is.
    package var complaint: Complaint {
        Complaint("at byte \(offset): \(problem)", remedy: remedy)
    }

    package var description: String { complaint.text }
}
