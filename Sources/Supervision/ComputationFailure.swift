/// What a llama-server prints when its devices could not compute what was asked.
package enum ComputationFailure {
    /// How such lines begin, without their stamps, and what stands further on in them. The words
    /// of build 11669; the last ones are of llama.cpp's pull request 26724. What a request itself
    /// is to blame for (`Invalid input batch`, `Context size has been exceeded`) is not among them.
    private static let signs = [
        (beginning: "srv send_error: task id =", rest: "error: Compute error"),
        (beginning: "srv update_slots: Compute error", rest: ""),
        (beginning: "llama_decode: failed to decode, ret = -2", rest: ""),
        (beginning: "llama_decode: failed to decode, ret = -3", rest: ""),
        (beginning: "[ggml_backend_rpc_", rest: "the device is now unusable"),
    ]

    /// Whether that line of its log does.
    package static func isTold(by line: String) -> Bool {
        // Most lines end here.
        guard line.contains("error") || line.contains("ret = -") || line.contains("unusable")
        else { return false }
        let text = LogLine(line).text
        return signs.contains { sign in
            text.hasPrefix(sign.beginning)
                && (sign.rest.isEmpty || text.dropFirst(sign.beginning.count).contains(sign.rest))
        }
    }
}
