/// The words that start a llama-server, whatever brings it: a program of that name, or the unified
/// `llama`, of which it is the command `serve` with the same flags (llama.cpp 0.2.0; its installer
/// builds it without RPC, others may not).
package enum ServerProgram {
    private static let unified = "llama"
    private static let command = "serve"

    /// The program in a configured value: `llama` of `llama serve`, else the value.
    package static func name(of value: String) -> String {
        let program = value.hasSuffix(" \(command)") ? value.dropLast(command.count + 1) : ""
        return isUnified(String(program)) ? String(program) : value
    }

    /// What stands between the program and its flags.
    package static func commands(of program: String) -> [String] {
        isUnified(program) ? [command] : []
    }

    private static func isUnified(_ program: String) -> Bool {
        program == unified || program.hasSuffix("/\(unified)")
    }
}
