/// Lines that llama.cpp's programs print whatever happens: they say nothing about a failure, and
/// would push out what does.
package enum ConstantNoise {
    /// How they begin, without their stamp (build 11669).
    private static let beginnings = [
        // A search for back ends in folders that no package makes.
        "ggml_backend_load_best: failed to enumerate", "load_backend: loaded ",
        // The warning of each start of rpc-server, in a frame.
        "!!!!", "WARNING: Host ('", "Never expose the RPC server to an open network!",
        "This is an experimental feature and is not secure!",
        // Nothing is to be done: at each look of ours.
        "srv update_slots: all slots are idle",
        // The same at each end, after what has led to it.
        "srv operator(): operator(): cleaning up before exit...",
    ]

    /// Those about connections of a worker, looks at it included: nine tenths of its log.
    private static let chatter = [
        "Accepted client connection", "Client connection closed",
        "recv returned 0 (peer closed?)",
    ]

    /// Whether a line is one of them, or empty.
    package static func contains(_ line: String) -> Bool {
        let text = LogLine(line).text
        return text.isEmpty || ProbeChatter.isLook(text)
            || beginnings.contains { text.hasPrefix($0) }
            || chatter.contains { text.hasPrefix($0) }
    }

    /// Whether a line only tells that somebody has come or gone.
    package static func isChatter(_ line: String) -> Bool {
        let text = LogLine(line).text
        return chatter.contains { text.hasPrefix($0) }
    }
}
