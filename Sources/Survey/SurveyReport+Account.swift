import Basics

extension SurveyReport {
    /// What a host says of what servers will have there: their account, and what is built in.
    package struct Account: Equatable, Sendable {
        /// Variables of llama.cpp that servers inherit from it.
        package var inherited: [String] = []
        /// Variables of it that would change what the plan says, so that no server gets them.
        package var forgotten: [String] = []
        /// How `ls` shows the mode of a file of API keys that everyone there can read.
        package var openKeyFileMode: String?

        /// Makers of GPUs that the kernel there shows, with the file that programs open.
        package var gpus: [String] = []

        /// More variables than anybody has.
        private static let most = 100
        /// As many as there are makers.
        private static let mostGPUs = 3

        /// Takes a line that is about it; false: it is not.
        mutating func take(_ tag: Substring, _ value: String) -> Bool {
            switch tag {
            case "inherits": if Self.isName(value, inherited) { inherited.append(value) }
            case "forgets": if Self.isName(value, forgotten) { forgotten.append(value) }
            case "gpu":
                let words = value.split(separator: " ")
                guard words.count == 2, gpus.count < Self.mostGPUs,
                    let maker = Outside.name(words[0]), let file = Outside.path(String(words[1]))
                else { break }
                gpus.append("\(maker), \(file)")
            case "apikey.mode":
                let isMode = value.allSatisfy { "-lrwxsStT+.@".contains($0) }
                openKeyFileMode = isMode && value.utf8.count < 16 ? value : "?"
            default: return false
            }
            return true
        }

        private static func isName(_ text: String, _ others: [String]) -> Bool {
            others.count < most && (1...64).contains(text.utf8.count) && !others.contains(text)
                && text.unicodeScalars.allSatisfy {
                    $0 == "_" || ("A"..."Z").contains($0) || ("a"..."z").contains($0)
                        || ("0"..."9").contains($0)
                }
        }
    }
}
