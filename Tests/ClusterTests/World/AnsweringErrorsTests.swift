import Foundation
import Testing

/// A llama-server that answers 500 to everything although it lives, as one does that does not abort
/// when it has lost a worker (ggml-org/llama.cpp 26724, not released): the true one behind a
/// stand-in that passes on what is asked, until its folder holds a file `lost`.
@Suite(
    .serialized,
    .enabled(
        if: TestEnvironment.canRunLlama && TestEnvironment.has("busybox"),
        "skipped: no llama-server, or no busybox"))
struct AnsweringErrorsTests {
    private static func cluster() throws -> LocalCluster {
        let cluster = try LocalCluster(extra: #""health": {"interval": 1}"#)
        let inner = TestEnvironment.ports(1)[0]
        try cluster.edit(
            #""ctx_size""#, "\"binary\": \"\(cluster.folder)/stand-in\", \"ctx_size\"")
        try HostDisk.write(
            """
            #!/bin/sh
            rm -f '\(cluster.folder)/lost'
            port='' former='' count=$#
            while [ $count -gt 0 ]; do
                word=$1
                shift
                [ "$former" != --port ] || port=$word word=\(inner)
                set -- "$@" "$word"
                former=$word count=$((count - 1))
            done
            [ "$port" ] || exec '\(TestEnvironment.llamaServer)' "$@"
            '\(TestEnvironment.llamaServer)' "$@" &
            server=$!
            busybox nc -ll -p "$port" -e '\(cluster.folder)/pass' &
            wait $server

            """, to: cluster.folder + "/stand-in", mode: 0o755)
        try HostDisk.write(
            """
            #!/bin/sh
            return=$(printf '\\r') head='' length=0
            while IFS= read -r line && [ "$line" != "$return" ]; do
                head="$head$line
            "
                case $line in [Cc]ontent-[Ll]ength:*) length=${line#*: };; esac
            done
            length=${length%"$return"}
            case $head in
            POST*)
                if [ -e '\(cluster.folder)/lost' ]; then
                    head -c "$length" >/dev/null
                    echo '0.00.570.134 E srv    send_error: task id = 4, error: Compute error.' >&2
                    body='{"error":{"code":500,"message":"Compute error."}}'
                    printf 'HTTP/1.1 500 Internal Server Error\\r\\nConnection: close\\r\\n'
                    printf 'Content-Length: %s\\r\\n\\r\\n%s' ${#body} "$body"
                    exit
                fi;;
            esac
            { printf '%s\\r\\n' "$head"; head -c "$length"; } | busybox nc 127.0.0.1 \(inner)

            """, to: cluster.folder + "/pass", mode: 0o755)
        return cluster
    }

    @Test func theLostWorkerIsFoundAndRestartedBeforeTheCoordinator() throws {
        let cluster = try Self.cluster()
        let sollol = try cluster.serving()
        let before = try cluster.tokens()
        let workers = try [cluster.pid("worker-1"), cluster.pid("worker-2")]
        // Nobody else sees that one is lost.
        kill(workers[0], SIGSTOP)
        try Data().write(to: URL(fileURLWithPath: cluster.folder + "/lost"))
        #expect(throws: TestFailure.self) { try cluster.tokens() }
        let line = try sollol.waitFor("as it does when it has lost a worker")
        #expect(line.contains("coordinator: it answers requests with status 500"), "\(line)")
        try sollol.waitFor("warning: worker-1: ")
        try sollol.waitFor("serving again")
        #expect(try cluster.tokens() == before)
        #expect(try cluster.pid("worker-1") != workers[0])
        #expect(try cluster.pid("worker-2") == workers[1])
        sollol.signal(SIGTERM)
        #expect(sollol.exitStatus() == 0)
        #expect(cluster.leftovers() == [])
    }
}
