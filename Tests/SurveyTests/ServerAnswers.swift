/// What a host tells of a llama-server, the first program that it was asked for.
enum ServerAnswers {
    /// Where it is.
    static let found = "b0.path /bin/x\nb0.stamp 5 1700000000 7 1700000001\n"
    /// And that it is one.
    static let all =
        found + """
            b0.magic 7f 45 4c 46
            b0.help -m,    --model FILE   model
            b0.help --port PORT           port
            b0.help --rpc SERVERS         servers
            b0.help %status 0
            b0.version version: 0.7.0 (build 1, commit a)
            b0.version %status 0

            """
}
