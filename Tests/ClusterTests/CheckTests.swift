import Foundation
import Testing

/// `sollol check` beyond single hosts: the coordinator's host, running clusters, other releases.
@Suite(.enabled(if: TestEnvironment.canBuildHosts, TestEnvironment.hostsComment))
struct CheckTests {
    @Test func theCoordinatorsHostIsLookedAtWhereverItIs() throws {
        let bed = try PreflightBed([HostOptions("head")])
        let small = try TestEnvironment.smallModel()
        // In the middle of a word of the vocabulary, whose bytes begin there.
        let word = try Data(contentsOf: URL(fileURLWithPath: small)).range(of: Data("<0x41>".utf8))
        let cut = try #require(word).lowerBound
        let home = HostUser.root.home
        let manifest =
            "{\"layers\": [{\"mediaType\": \"application/vnd.ollama.image.model\", \"digest\": "
            + "\"sha256:\(String(repeating: "a", count: 64))\"}]}"
        let library = "\(home)/.ollama/models"
        try bed.write(
            manifest, to: "\(library)/manifests/registry.ollama.ai/library/tiny/latest", on: "head")
        let setup = """
            mkdir -p \(library)/blobs && ln -s \(small) \(library)/blobs/sha256-\(String(repeating: "a", count: 64))
            head -c \(cut + 3) \(small) >\(home)/cut.gguf; echo hello >\(home)/text.gguf
            cp \(small) \(home)/mine.gguf; chmod 600 \(home)/mine.gguf; chmod 755 \(home); mkdir \(home)/folder.gguf
            printf '#!/bin/sh\\necho --model FILE' >/usr/local/bin/plain; chmod 755 /usr/local/bin/plain
            """
        #expect(try bed.bed["head"].run(setup).status == 0)
        func findings(
            _ model: String, user: String = "root", more: String = ""
        ) throws -> [String] {
            let path = try bed.configuration(
                ["{\"host\": \"head\", \"ssh\": \"\(user)@head\", \"bind\": \"127.0.0.1\"}"],
                model: model, coordinator: "\"ssh\": \"\(user)@head\", \"port\": 18080\(more)")
            let answer = try bed.check(path)
            #expect((answer.status == 0) == answer.findings.isEmpty)
            return answer.findings
        }
        let check =
            "Check the key `model`, which is a path on the coordinator's host, or give another one "
            + "with --model."
        #expect(try findings(small) == [])
        #expect(try findings("tiny") == [])
        let broken = [
            "\(home)/gone.gguf": "there is no such file on root@head. \(check)",
            "~/folder.gguf": "it is not a regular file on root@head. \(check)",
            "\(home)/text.gguf":
                "at byte 0: this is no GGUF: it begins with \"hell\" instead of "
                + "\"GGUF\". Convert the model to GGUF, or name another file.",
            "\(home)/cut.gguf":
                "at byte \(cut): the file ends within its header. It is not complete: copy or "
                + "download it again.",
        ]
        for (model, problem) in broken {
            let expected = ["error: coordinator: the model \(model): \(problem)"]
            #expect(try findings(model) == expected)
        }
        #expect(
            try findings("\(home)/mine.gguf", user: "alice") == [
                "error: coordinator: the model \(home)/mine.gguf: alice may not read it on "
                    + "alice@head. Let alice read it, its folders included, or give another one "
                    + "with --model."
            ])
        let manifests = ["\(library)", "/usr/share/ollama/.ollama/models"]
            .map { "\($0)/manifests/registry.ollama.ai/library/large/latest" }
        #expect(
            try findings("large") == [
                "error: coordinator: the Ollama model large is not on root@head; looked for "
                    + "\(manifests.joined(separator: ", ")). Try there: ollama pull large"
            ])
        let plain = try findings(small, more: ", \"binary\": \"plain\"")
        let withoutRPC =
            "error: coordinator: /usr/local/bin/plain on root@head was built without RPC support: "
            + "its --help knows no --rpc. Install a llama.cpp with the RPC backend "
            + "(deploy/install-llama-cpp, or a build with -DGGML_RPC=ON) or set coordinator.binary."
        #expect(plain.first == withoutRPC)
        #expect(try bed.leftovers() == [])
    }

    @Test func aRunningClusterIsToldOfAndNotProbed() throws {
        let bed = try PreflightBed([HostOptions("one")])
        let backends = ["{\"host\": \"one\", \"transport\": \"ssh\"}"]
        let path = try bed.configuration(backends)
        let other = try bed.configuration(
            backends, name: "other", coordinator: "\"port\": 18181",
            extra: "\"forward_port_base\": 52200")
        let sollol = try RunningProgram(
            on: bed.bed.control, ["\(TestEnvironment.products)/sollol", "up", "--config", path])
        try sollol.waitFor("next: ")
        var answer = try bed.check(path)
        #expect(answer.status == 0)
        #expect(answer.json["running_pid"] is Int)
        #expect(answer.findings == [])
        answer = try bed.check(other)
        #expect(answer.status == 69)
        #expect(
            answer.findings == [
                "error: worker-1: port 50052 of 127.0.0.1 on one is in use by the cluster test of "
                    + "root@control. Stop that one first, or give this process another port."
            ])
        sollol.signal(SIGTERM)
        #expect(sollol.exitStatus() == 0)
        #expect(sollol.lines.allSatisfy { !$0.contains("restarting") })
        answer = try bed.check(other)
        #expect(answer.status == 0 && answer.findings == [], "\(answer)")
        #expect(try bed.leftovers() == [])
    }

    @Test func aHostWithTooManyConnectionsAtOnceIsAskedAgain() throws {
        let bed = try PreflightBed([HostOptions("one")])
        let home = HostUser.root.home
        // Before it leads to sshd, it closes the first connection, as sshd's MaxStartups would.
        try bed.write(
            "#!/bin/sh\necho >>/tmp/tries\n[ $(wc -l </tmp/tries) -gt 1 ] && exec busybox nc 127.0.0.1 22",
            to: "/usr/local/bin/busy", on: "one")
        _ = try bed.bed["one"].run(
            "busybox nc -ll -p 2200 -e busy </dev/null >/dev/null 2>&1 &")
        try bed.write(
            "Host busy\n HostName one\n Port 2200\n HostKeyAlias one\n",
            to: "\(home)/.ssh/config", on: "control", mode: 0o600)
        let path = try bed.configuration(
            ["{\"host\": \"one\", \"ssh\": \"busy\", \"transport\": \"ssh\"}"])
        let sollol = try RunningProgram(
            on: bed.bed.control, ["\(TestEnvironment.products)/sollol", "up", "--config", path])
        try sollol.waitFor("serving at")
        sollol.signal(SIGINT)
        #expect(sollol.exitStatus() == 0)
    }

    @Test func whatOnlyAnAgentOpensIsAWarning() throws {
        let bed = try PreflightBed([HostOptions("one")])
        let path = try bed.configuration(["{\"host\": \"one\", \"transport\": \"ssh\"}"])
        let start = "eval $(ssh-agent -a /run/agent) >/dev/null && ssh-add -q ~/.ssh/id_ed25519"
        #expect(try bed.bed.control.run(start).status == 0)
        let environment = "SSH_AUTH_SOCK=/run/agent"
        var answer = try bed.check(path, environment: environment)
        #expect(answer.findings == [])
        #expect(try bed.bed.control.run("rm ~/.ssh/id_ed25519").status == 0)
        answer = try bed.check(path, environment: environment)
        #expect(answer.status == 0)
        #expect(
            answer.findings == [
                "warning: worker-1: only a key of the ssh agent (/home/root/.ssh/id_ed25519) opens "
                    + "one: after a logout sollol cannot connect there again. Give it a key file "
                    + "without a passphrase, or keep the agent alive."
            ])
    }

    @Test func aWorkerOfAnotherReleaseIsNamedWithItsProtocol() throws {
        let bed = try PreflightBed([
            HostOptions("one"), HostOptions("old").with { $0.binaries = .nowhere },
        ])
        try bed.write(OtherRelease.rpcServer, to: "/usr/local/bin/rpc-server", on: "old")
        let path = try bed.configuration(
            ["one", "old"].map { "{\"host\": \"\($0)\", \"transport\": \"ssh\"}" })
        let answer = try bed.check(path)
        #expect(answer.status == 69)
        let workers = answer.json["workers"] as? [[String: Any]] ?? []
        let known = workers.first?["rpc_protocol"] as? String ?? "none"
        let findings = answer.findings.map {
            $0.replacing(/[^ ]*ggml-rpc.cpp:\d+/, with: "ggml-rpc.cpp:N")
        }
        #expect(
            findings == [
                "error: worker-2: the coordinator's /usr/local/bin/llama-server cannot use its "
                    + "rpc-server on old, which speaks RPC 7.0.0 (status 134): "
                    + "ggml-rpc.cpp:N: Remote RPC server crashed or returned "
                    + "malformed response. Install the same release of llama.cpp on both.",
                "error: worker-1, worker-2: the workers speak different RPC protocols (worker-1: "
                    + "\(known); worker-2: 7.0.0). Install the same release of llama.cpp on all "
                    + "hosts. See: sollol check",
                "warning: worker-2: which build of llama.cpp /usr/local/bin/rpc-server on old is "
                    + "cannot be told (no tool with --version beside it, no equal libggml-rpc), so "
                    + "only the RPC protocol is compared. Put the llama-server of its release "
                    + "beside it.",
            ], "\(answer)")
        let sollol = try RunningProgram(
            on: bed.bed.control, ["\(TestEnvironment.products)/sollol", "up", "--config", path])
        #expect(sollol.exitStatus() == 69)
        let words =
            "the workers speak different RPC protocols (worker-1: \(known); worker-2: 7.0.0)"
        #expect(sollol.lines.contains { $0.contains(words) }, "\(sollol.lines)")
        #expect(!sollol.lines.contains { $0.contains("[3/5]") })
        #expect(try bed.leftovers() == [])
    }

    @Test func everyLoginShellServesAndNothingIsAssumedAfterwards() throws {
        let shells = TestBedTests.shells
        var hosts = shells.enumerated().map { index, shell in
            HostOptions("shell\(index)").with {
                $0.loginShell = shell
                $0.binaries = index % 2 == 0 ? .home : .path
                $0.homeFiles = [
                    ".bashrc": "echo chatty; echo chatty >&2; PS1=x", ".cshrc": "echo csh",
                ]
            }
        }
        hosts[0].posixShell = "/usr/bin/busybox"
        let bed = try PreflightBed(hosts)
        let backends = shells.indices.map { "{\"host\": \"shell\($0)\"}" }
        let path = try bed.configuration(
            backends, coordinator: "\"ssh\": \"shell1\", \"host\": \"10.99.0.12\", \"port\": 18080")
        let answer = try bed.check(path)
        #expect(answer.status == 0)
        let addresses = (11...15).map { "10.99.0.\($0):50052" }.joined(separator: ", ")
        #expect(
            answer.findings == [
                "warning: worker-1, worker-2, worker-3, worker-4, worker-5: rpc-server has no "
                    + "authentication, so whoever can reach \(addresses) can use it and may run "
                    + "code there. Keep that network to yourself, or use \"transport\": \"ssh\".",
                "warning: coordinator: the API on 10.99.0.12:18080 asks for no key, so whoever can "
                    + "reach that address can use it. Set coordinator.api_key_file, or "
                    + "coordinator.host to 127.0.0.1.",
            ], "\(answer)")
        let workers = answer.json["workers"] as? [[String: Any]] ?? []
        #expect(workers.count == shells.count)
        #expect(Set(workers.map { $0["rpc_protocol"] as? String ?? "none" }).count == 1)
        #expect(workers.allSatisfy { ($0["devices"] as? [String])?.count == 1 })
        let dryRun = try bed.bed.control.run(
            "'\(TestEnvironment.products)/sollol' up --dry-run --config '\(path)'")
        let last = "Nothing is assumed: these are the exact commands."
        #expect(dryRun.output.contains(last), "\(dryRun)")
        #expect(try bed.leftovers() == [])
    }

    @Test func anAddressThatTheCoordinatorCannotReachIsAWarning() throws {
        let bed = try PreflightBed([
            HostOptions("gate").with { $0.networks = [.front, .back] },
            HostOptions("inner").with {
                $0.networks = [.back]
                $0.jumpHost = "gate"
            },
        ])
        let path = try bed.configuration(["{\"host\": \"10.99.1.12\", \"ssh\": \"inner\"}"])
        let answer = try bed.check(path)
        #expect(answer.status == 0)
        #expect(
            answer.findings == [
                "warning: worker-1: this machine cannot reach 10.99.1.12:50052: 'Network is "
                    + "unreachable'. Is there a firewall? Open that port for it, or use "
                    + "\"transport\": \"ssh\", which needs none.",
                "warning: worker-1: rpc-server has no authentication, so whoever can reach "
                    + "10.99.1.12:50052 can use it and may run code there. Keep that network to "
                    + "yourself, or use \"transport\": \"ssh\".",
            ], "\(answer)")
    }
}
