import Testing

@testable import Basics
@testable import Configuration
@testable import Samples

/// What workers are called, and that it stays.
@Suite struct WorkerNamesTests {
    /// Loads these backends after those that were loaded before.
    private func load(
        _ backends: String, after earlier: WorkerNumbers = WorkerNumbers()
    ) throws -> LoadedConfiguration {
        var sources = Loading.sources(#"{"model": "/m.gguf", "rpc_backends": [\#(backends)]}"#)
        sources.numbers = earlier
        return try ConfigurationLoader.load(sources)
    }

    private func problems(
        _ backends: String, after earlier: WorkerNumbers = WorkerNumbers()
    ) -> [String] {
        var sources = Loading.sources(#"{"model": "/m.gguf", "rpc_backends": [\#(backends)]}"#)
        sources.numbers = earlier
        return Loading.problems(sources)
    }

    private func names(_ loaded: LoadedConfiguration) -> [String] {
        loaded.spec.workers.map(\.name)
    }

    @Test func oneThatComesBeforeTheOthersRenamesNobody() throws {
        let first = try load(#""10.0.0.1", "10.0.0.2""#)
        #expect(names(first) == ["worker-1", "worker-2"])
        let second = try load(#""10.0.0.9", "10.0.0.1", "10.0.0.2""#, after: first.numbers)
        #expect(names(second) == ["worker-3", "worker-1", "worker-2"])
        // The first one goes, and is still known when it comes back, at another place.
        let third = try load(#""10.0.0.1", "10.0.0.2""#, after: second.numbers)
        #expect(names(third) == ["worker-1", "worker-2"])
        let fourth = try load(
            #""10.0.0.2", "10.0.0.7", {"host": "10.0.0.9"}, "10.0.0.1:50052""#,
            after: third.numbers)
        #expect(names(fourth) == ["worker-2", "worker-4", "worker-3", "worker-1"])
    }

    @Test func aWorkerIsItsEndpointAndWhereSshGoes() throws {
        let first = try load(#""10.0.0.1", {"host": "Gpu", "port": 1}"#)
        #expect(
            names(
                try load(
                    #"{"host": "gpu", "port": 1}, {"host": "gpu", "port": 2}, "10.0.0.1:1""#,
                    after: first.numbers)) == ["worker-2", "worker-3", "worker-4"])
        let tunnelled = #"{"host": "127.0.0.1", "ssh": "\#("a")", "transport": "ssh"}"#
        let both = try load(
            tunnelled + "," + tunnelled.replacing(#""a""#, with: #""b""#), after: first.numbers)
        #expect(names(both) == ["worker-3", "worker-4"])
        #expect(
            names(
                try load(tunnelled.replacing(#""a""#, with: #""b""#), after: both.numbers))
                == ["worker-4"])
    }

    @Test func numbersOfThoseThatAreGoneAreGivenAgainWhenAllWereGiven() throws {
        var numbers = WorkerNumbers()
        for round in 0..<5 {
            let backends = (1...5).map { "\"10.0.\(round).\($0)\"" }.joined(separator: ",")
            let loaded = try load(backends, after: numbers)
            #expect(loaded.spec.workers.allSatisfy { (1...15).contains($0.number) })
            #expect(Set(loaded.spec.workers.map(\.number)).count == 5)
            if round < 3 {
                #expect(loaded.spec.workers.first?.number == round * 5 + 1)
            }
            numbers = loaded.numbers
        }
        let most = (1...15).map { "\"10.1.0.\($0)\"" }.joined(separator: ",")
        #expect(Set(try load(most, after: numbers).spec.workers.map(\.number)) == Set(1...15))
    }

    @Test func forwardedPortsGoByNumbersAndTheCoordinatorsIsBehindThem() throws {
        let tunnelled = { (host: String) in #"{"host": "\#(host)", "transport": "ssh"}"# }
        let first = try load("\(tunnelled("a")), \(tunnelled("b"))")
        let second = try load("\(tunnelled("c")), \(tunnelled("b"))", after: first.numbers)
        let spec = second.spec
        #expect(spec.workers.map { spec.forwardedPort(of: $0) } == [52102, 52101])
        #expect(first.spec.forwardedAPIPort == 52102 && spec.forwardedAPIPort == 52103)
    }

    @Test func aNameOfItsOwnIsShownEverywhereAndIsNoPartOfTheIdentity() throws {
        let first = try load(#""10.0.0.1", {"host": "10.0.0.2", "name": "Attic.gpu-1"}"#)
        #expect(names(first) == ["worker-1", "Attic.gpu-1"])
        let second = try load(#"{"host": "10.0.0.2", "name": "b"}"#, after: first.numbers)
        #expect(second.spec.workers[0].node == first.spec.workers[1].node)
        #expect(names(try load(#""10.0.0.2""#, after: second.numbers)) == ["worker-2"])
        #expect(first.row("rpc_backends[1].name") == #""Attic.gpu-1" home.json:1"#)
        let nodes = (first.spec.workers.map(\.node) + [.coordinator]).shuffled()
        #expect(
            nodes.sorted { $0.name < $1.name }.map(\.description)
                == ["worker-1", "Attic.gpu-1", "coordinator"])
    }

    @Test(arguments: [
        #""coordinator""#, #""Coordinator""#, #""all""#, #""sollol""#, #""""#, #"".""#, #""..""#,
        #"".a""#, #""-a""#, #""a b""#, #""a/b""#, #""../a""#, #""a\u001b[2J""#, #""a\nb""#, #""é""#,
        #""worker-2""#, #""Worker-2""#, "1",
    ])
    func aNameThatMeansSomethingElseIsRefused(_ name: String) throws {
        let found = problems(#"{"host": "10.0.0.1", "name": \#(name)}, "10.0.0.2""#)
        #expect(found.count == 1 && found[0].contains("rpc_backends[0].name"), "\(found)")
    }

    @Test func namesAreToldApartWithoutRegardToCase() {
        let two = #"{"host": "10.0.0.1", "name": "gpu"}, {"host": "10.0.0.2", "name": "GPU"}"#
        #expect(
            problems(two) == [
                "home.json:1: rpc_backends[1].name: \"GPU\" is already the name of "
                    + "rpc_backends[0]; give each its own (upper and lower case count as the same)."
            ])
        let long = String(repeating: "n", count: 64)
        #expect(problems(#"{"host": "10.0.0.1", "name": "\#(long)"}"#) == [])
        #expect(problems(#"{"host": "10.0.0.1", "name": "\#(long)n"}"#).count == 1)
    }

    @Test func theDefaultNameOfAnotherIsRefusedByWhatIsKept() throws {
        let first = try load(#""10.0.0.1", "10.0.0.2""#)
        // Its own, wherever it stands.
        let own = #""10.0.0.9", {"host": "10.0.0.2", "name": "worker-2"}"#
        #expect(problems(own, after: first.numbers) == [])
        let gone = #"{"host": "10.0.0.9", "name": "worker-2"}"#
        #expect(
            problems(gone, after: first.numbers) == [
                "home.json:1: rpc_backends[0].name: \"worker-2\" is what 10.0.0.2:50052 is called "
                    + "by itself; give another name."
            ])
        let defaults =
            #"{"model": "/m.gguf", "rpc_backends": ["10.0.0.1"], "worker_defaults": {"name": "a"}}"#
        #expect(Loading.problems(Loading.sources(defaults)).count == 1)
    }
}
