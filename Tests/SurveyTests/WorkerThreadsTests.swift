import Testing

@testable import Configuration
@testable import Facts
@testable import Plan
@testable import Samples
@testable import Survey

/// A worker is measured on the threads that its rpc-server takes, not on llama-bench's own number.
@Suite struct WorkerThreadsTests {
    /// What is known of two workers on this machine whose rpc-server has printed that help.
    private static func facts(_ help: String) throws -> HostFacts {
        let spec = SampleSpecs.local
        var request = SurveyRequest(location: .here, processes: spec.workers.map(\.node))
        request.programs = [
            .init(
                name: "rpc-server", candidates: [], users: spec.workers.map(\.node),
                isServer: false)
        ]
        let lines = help.split(separator: "\n").map { "b0.help \($0)\n" }.joined()
        let text = "home /h\n\(ServerAnswers.found)\(lines)b0.help %status 0\ncomplete"
        var survey = HostSurvey(request: request)
        survey.report = SurveyReport(text, request: request)
        var facts = HostFacts()
        facts.record([survey], spec)
        return try HostFacts(decoding: facts.encoded())
    }

    private static let told = "  -t, --threads N   number of threads (default: 3)\n"

    /// The second worker has a number of its own.
    @Test func theHelpTellsThem() throws {
        var workers = SampleSpecs.local.workers
        workers[1].threads = 8
        func threads(_ facts: HostFacts) -> [Int?] {
            workers.flatMap { facts.conditions(of: $0, model: "m") }.map(\.threads)
        }
        #expect(threads(try Self.facts(Self.told)) == [3, 8])
        #expect(threads(try Self.facts("  -p, --port PORT\n")) == [nil, 8])
        var gpu = try Self.facts(Self.told)
        gpu.workerDevices = [workers[0].endpoint.description: [WorkerDevice(name: "CUDA0")]]
        #expect(threads(gpu) == [nil, 8])
    }

    /// Perhaps it was on twice as many.
    @Test func whatWasMeasuredOnUntoldThreadsDoesNotCount() throws {
        let worker = SampleSpecs.local.workers[0]
        var facts = try Self.facts(Self.told)
        let key = worker.endpoint.description
        var conditions = facts.conditions(of: worker, model: "m")[0]
        conditions.threads = nil
        facts.record(
            MeasuredDevice(
                conditions, measuredAt: 7, layer: 1, promptLayer: 1, outputLayer: 1, spread: 0),
            of: key)
        let read = try HostFacts(decoding: facts.encoded())
        #expect(read.measured?[key]?.count == 1)
        #expect(read.measured(read.conditions(of: worker, model: "m")[0], of: key) == nil)
    }

    @Test func theCoordinatorsAreThoseOfItsArguments() {
        var coordinator = SampleSpecs.local.coordinator
        func threads(_ arguments: [String], device: String = "CPU") -> Int? {
            coordinator.extraArguments = arguments
            return HostFacts().conditions(of: coordinator, device: device, model: "m").threads
        }
        #expect(threads([]) == nil && threads(["--threads"]) == nil)
        #expect(threads(["-t", "4", "--alias", "-t", "--threads", "5"]) == 5)
        #expect(threads(["-t", "4"], device: "CUDA0") == nil)
    }
}
