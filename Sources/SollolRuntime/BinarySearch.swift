import Foundation

/// Finds llama.cpp's programs on this machine.
enum BinarySearch {
    /// Where a program was found, or all places where it was not.
    enum Result: Equatable {
        case found(String)
        case missing(lookedIn: [String])
    }

    /// The usual places that a non-interactive PATH misses, after PATH itself.
    static func folders(path: String, home: String) -> [String] {
        let architecture =
            ["x86_64-linux-gnu", "aarch64-linux-gnu"]
            .map { "/usr/libexec/\($0)/llama/bin" }
        let usual =
            [
                "\(home)/.local/share/sollol/llama.cpp/bin", "\(home)/.local/bin",
                "/usr/local/bin", "/opt/homebrew/bin",
            ] + architecture
        var seen = Set<String>()
        return (path.split(separator: ":").map(String.init).filter { $0.hasPrefix("/") } + usual)
            .filter { seen.insert($0).inserted }
    }

    /// The first of these names in the first folder that has one; a name with a slash is a path.
    static func find(_ names: [String], in folders: [String], home: String) -> Result {
        var looked: [String] = []
        for name in names where name.contains("/") {
            let path = name.hasPrefix("~/") ? home + name.dropFirst() : name
            if isProgram(path) { return .found(path) }
            looked.append(path)
        }
        for folder in folders {
            for name in names where !name.contains("/") {
                if isProgram("\(folder)/\(name)") { return .found("\(folder)/\(name)") }
            }
        }
        return .missing(lookedIn: looked.isEmpty ? folders : looked)
    }

    private static func isProgram(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
            && access(path, X_OK) == 0
    }
}
