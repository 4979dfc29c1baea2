import Testing

@testable import Configuration
@testable import Samples

/// Option before environment before file before default.
struct PrecedenceTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var path: String
        var file: String
        var variable: (name: String, text: String)?
        var option: (name: String, text: String)?
        /// As JSON: default, file, environment, option.
        var values: (standard: String, file: String, variable: String?, option: String?)
        var testDescription: String { path }
    }

    static let cases = [
        Case(
            path: "coordinator.host", file: #""coordinator": {"host": "10.1.1.1"}"#,
            variable: ("SOLLOL_COORDINATOR_HOST", "10.1.1.2"), option: ("--host", "10.1.1.3"),
            values: (#""127.0.0.1""#, #""10.1.1.1""#, #""10.1.1.2""#, #""10.1.1.3""#)),
        Case(
            path: "coordinator.port", file: #""coordinator": {"port": 1}"#,
            variable: ("SOLLOL_COORDINATOR_PORT", "2"), option: ("--port", "3"),
            values: ("18080", "1", "2", "3")),
        Case(
            path: "coordinator.ctx_size", file: #""coordinator": {"ctx_size": 1024}"#,
            variable: ("SOLLOL_CTX_SIZE", "2048"), option: ("--ctx-size", "4096"),
            values: ("8192", "1024", "2048", "4096")),
        Case(
            path: "name", file: #""name": "lab""#, variable: nil, option: ("--name", "attic"),
            values: (#""home""#, #""lab""#, nil, #""attic""#)),
        Case(
            path: "restart.max_restarts", file: #""restart": {"max_restarts": 1}"#,
            variable: ("SOLLOL_MAX_RESTARTS", "2"), option: nil, values: ("null", "1", "2", nil)),
        Case(
            path: "health.interval", file: #""health": {"interval": 1.5}"#,
            variable: ("SOLLOL_RPC_HEARTBEAT_INTERVAL", "2.5"), option: nil,
            values: ("2", "1.5", "2.5", nil)),
        Case(
            path: "health.timeout", file: #""health": {"timeout": 1}"#,
            variable: ("SOLLOL_HEALTH_CHECK_TIMEOUT", "2"), option: nil,
            values: ("10", "1", "2", nil)),
        Case(
            path: "health.failures", file: #""health": {"failures": 1}"#,
            variable: ("SOLLOL_MAX_HEALTH_FAILURES", "2"), option: nil,
            values: ("3", "1", "2", nil)),
        Case(
            path: "timeouts.stop", file: #""timeouts": {"stop": 1}"#,
            variable: ("SOLLOL_SHUTDOWN_TIMEOUT", "2"), option: nil,
            values: ("30", "1", "2", nil)),
        Case(
            path: "dashboard.enabled", file: #""dashboard": {"enabled": true}"#,
            variable: ("SOLLOL_DASHBOARD", "Off"), option: nil,
            values: ("true", "true", "false", nil)),
        Case(
            path: "dashboard.port", file: #""dashboard": {"port": 8081}"#,
            variable: ("SOLLOL_DASHBOARD_PORT", "8082"), option: nil,
            values: ("null", "8081", "8082", nil)),
    ]

    @Test(arguments: cases)
    func laterWins(_ test: Case) throws {
        let bare = Loading.with("")
        let said = Loading.with(test.file)
        let environment = test.variable.map { [$0.name: $0.text] } ?? [:]
        let options = test.option.map { [$0.name: $0.text] } ?? [:]
        #expect(try Loading.load(bare).row(test.path) == "\(test.values.standard) default")
        #expect(try Loading.load(said).row(test.path) == "\(test.values.file) home.json:2")
        if let variable = test.variable, let value = test.values.variable {
            let loaded = try Loading.load(said, environment: environment)
            #expect(loaded.row(test.path) == "\(value) \(variable.name)")
            let empty = try Loading.load(said, environment: [variable.name: ""])
            #expect(empty.row(test.path) == "\(test.values.file) home.json:2")
        }
        if let option = test.option, let value = test.values.option {
            let loaded = try Loading.load(said, environment: environment, options: options)
            #expect(loaded.row(test.path) == "\(value) \(option.name)")
        }
    }

    @Test func everyVariableAndOptionIsTried() {
        let variables = ConfigurationSchema.keys.compactMap(\.definition.variable)
        #expect(
            Set(Self.cases.compactMap(\.variable?.name) + ["SOLLOL_MODEL_PATH"]) == Set(variables))
        #expect(
            Set(Self.cases.compactMap(\.option?.name) + ["--model"])
                == Set(ConfigurationSchema.options.keys))
    }

    @Test func theModelCountsFromWhereItIsNamed() throws {
        let json = #"{"model": "m.gguf", "rpc_backends": ["10.0.0.1"]}"#
        let variable = ["SOLLOL_MODEL_PATH": "../e.gguf"]
        #expect(try Loading.load(json).row("model") == "\"/etc/lab/m.gguf\" home.json:1")
        #expect(
            try Loading.load(json, environment: variable).row("model")
                == "\"/e.gguf\" SOLLOL_MODEL_PATH")
        let option = ["--model": "o.gguf"]
        #expect(
            try Loading.load(json, environment: variable, options: option).row("model")
                == "\"/work/o.gguf\" --model")
    }

    @Test func backendsNeverMerge() throws {
        let json =
            #"{"model": "/m.gguf", "rpc_backends": [{"host": "f", "port": 1, "cache": false}]}"#
        let bare = #"{"model": "/m.gguf"}"#
        let variable = ["RPC_BACKENDS": "e"]
        let option = ["--rpc": "o1,o2:7"]
        func endpoints(
            _ json: String, _ environment: [String: String] = [:], _ options: [String: String] = [:]
        ) throws -> [String] {
            let loaded = try Loading.load(
                json, backends: "c:9", environment: environment, options: options)
            #expect(loaded.spec.workers.allSatisfy { $0.cache || $0.host == "f" })
            return loaded.endpoints
        }
        #expect(try endpoints(json, variable, option) == ["o1:50052", "o2:7"])
        #expect(try endpoints(json, variable) == ["e:50052"])
        #expect(try endpoints(json) == ["f:1"])
        #expect(try endpoints(bare) == ["c:9"])
        #expect(try endpoints(bare, ["RPC_BACKENDS": ""]) == ["c:9"])
    }

    @Test func defaultsOfWorkersAreForWhatABackendDoesNotSay() throws {
        let json = """
            {"model": "/m.gguf", "rpc_backends": ["10.0.0.1", {"host": "10.0.0.2", "threads": 2}],
             "worker_defaults": {"threads": 8, "ssh_options": ["Port=2222"],
               "environment": {"A": "b"}}}
            """
        let loaded = try Loading.load(json)
        #expect(loaded.spec.workers.map(\.threads) == [8, 2])
        #expect(loaded.spec.workers.map(\.environment) == [["A": "b"], ["A": "b"]])
        #expect(
            loaded.spec.workers.map(\.location) == [
                .ssh(destination: "10.0.0.1", options: ["Port=2222"]),
                .ssh(destination: "10.0.0.2", options: ["Port=2222"]),
            ])
        #expect(loaded.row("rpc_backends[0].threads") == "8 home.json:2")
        let other = try Loading.load(json, options: ["--rpc": "10.0.0.9"])
        #expect(other.spec.workers.map(\.threads) == [8])
    }

    @Test func anUnmanagedBackendTakesNothingThatStartsAServer() throws {
        let json = """
            {"model": "/m.gguf", "rpc_backends": [{"host": "10.0.0.1", "managed": false}],
             "worker_defaults": {"threads": 8, "transport": "ssh", "cache": true}}
            """
        let loaded = try Loading.load(json)
        #expect(loaded.spec.workers[0].threads == nil)
        #expect(loaded.spec.workers[0].transport == .direct)
        #expect(try Loading.load(loaded.effective.json).endpoints == ["10.0.0.1:50052"])
        let all = try Loading.load(
            #"{"model": "/m.gguf", "rpc_backends": ["a"], "worker_defaults": {"managed": false}}"#)
        #expect(all.spec.workers.map(\.managed) == [false])
    }
}
