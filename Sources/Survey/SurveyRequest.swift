import Basics
import Configuration
import Facts
import Model
import Plan

/// What is to be looked at on one host, for all processes that run there.
package struct SurveyRequest: Equatable, Sendable {
    /// A program that some processes need.
    package struct Program: Equatable, Sendable {
        /// As configured, or the default: the key of `HostFacts.Host.binaries`.
        package var name: String
        /// Names or paths to try, in this order.
        package var candidates: [String]
        /// The processes that run it.
        package var users: [Node]
        /// Whether it is a llama-server, which is asked for its flags and devices.
        package var isServer: Bool
        /// What an earlier look has learned; of the very same files it is not asked again.
        package var known: HostFacts.Binary?
    }

    /// Where.
    package var location: RunLocation
    /// The processes that run there, in the order of the configuration, the coordinator last.
    package var processes: [Node]
    /// What they run.
    package var programs: [Program]
    /// The model, on the coordinator's host.
    package var model: ModelReference?
    /// Where a file would be that its Ollama name may be meant for; nil on other hosts.
    package var fileOfModelName: String?
    /// What is read in its place where it is stored in shards.
    package var skeleton: String?
    /// Files that are to be loaded beside it.
    package var companions: [Companion] = []
    /// Whether models of the same shape are wanted (`ProbeModel`), to measure devices with.
    package var wantsProbes = false
    /// Whether only what a plan needs is asked: a dry run must not take long.
    package var isBrief = false
    /// Whether servers of ours run there, so that what is free now says little.
    package var isInUse = false
    /// Whether it matters which program listens on a port, which takes a host long to find out.
    package var wantsHolders = false
    /// Seconds that a program has for each answer.
    package var patience = 20
    /// The file with API keys, on the coordinator's host.
    package var apiKeyFile: String?
    /// The tensor caches to prune, where workers are about to start.
    package var caches: [CachePruning] = []
    /// What the connection forwards, so that it can become that of the first process there.
    package var forwards: [PortForward] = []
    /// What the coordinator will dial from there, by name.
    package var reaches: [Reach] = []

    /// A look at a host for these processes, and at nothing that they need.
    package init(location: RunLocation, processes: [Node], programs: [Program] = []) {
        self.location = location
        self.processes = processes
        self.programs = programs
    }

    /// Which programs listen on the ports of a host, and nothing that processes need.
    package static func listeners(at location: RunLocation) -> SurveyRequest {
        var request = SurveyRequest(location: location, processes: [])
        request.wantsHolders = true
        return request
    }

    /// A TCP connection that is tried and that sends nothing.
    package struct Reach: Equatable, Sendable {
        /// The backend.
        package var node: Node
        /// Numeric, or a name that could not be looked up here.
        package var endpoint: Endpoint
        /// Whether somebody else runs it, so that it has to listen already.
        package var isUnmanaged: Bool
    }

    /// A file that is loaded beside the model.
    package struct Companion: Equatable, Sendable {
        package var kind: CompanionFile.Kind
        /// On that host; `~/` is its home folder.
        package var path: String
    }

    /// One request for each host where something of the specification runs; this machine first.
    ///
    /// Processes on one host with one set of ssh options share a request, hence a connection.
    ///
    /// - Parameter addresses: of names, as they were looked up here: what will be dialled. A name
    ///   that is not among them nobody can dial, which is no matter of the way there.
    package static func all(
        for spec: ClusterSpec, addresses: [String: String] = [:]
    ) -> [SurveyRequest] {
        var requests = [SurveyRequest(location: .here, processes: [])]
        func index(of location: RunLocation) -> Int {
            if let index = requests.firstIndex(where: { $0.location == location }) { return index }
            requests.append(SurveyRequest(location: location, processes: []))
            return requests.endIndex - 1
        }
        for worker in spec.workers where worker.managed {
            requests[index(of: worker.location)].add(
                worker.node, program: worker.program, isServer: false)
        }
        let coordinator = spec.coordinator
        let place = index(of: coordinator.location)
        requests[place].add(.coordinator, program: coordinator.program, isServer: true)
        requests[place].model = spec.model
        requests[place].fileOfModelName = spec.fileOfModelName
        requests[place].companions = Companion.all(of: coordinator.companions)
        requests[place].apiKeyFile = coordinator.apiKeyFile
        for worker in spec.workers where !worker.isTunnelled {
            let isBeside = worker.managed && worker.location.isSameHost(as: coordinator.location)
            let host = addresses[worker.host] ?? worker.host
            if isBeside || AddressRange.isName(host) { continue }
            requests[place].reaches.append(
                Reach(
                    node: worker.node, endpoint: Endpoint(host: host, port: worker.port),
                    isUnmanaged: !worker.managed))
        }
        return requests.filter { !$0.processes.isEmpty }
    }

    /// Programs need not be asked what was recorded of the very same files.
    package mutating func know(_ recorded: HostFacts) {
        let binaries = recorded.host(at: location)?.binaries ?? [:]
        for index in programs.indices { programs[index].known = binaries[programs[index].name] }
    }

    /// What rpc-server is called besides: by llama.cpp since June 2026, by Nix.
    static let otherNames = ["ggml-rpc-server", "llama-rpc-server"]

    private mutating func add(_ process: Node, program name: String, isServer: Bool) {
        processes.append(process)
        if let index = programs.firstIndex(where: { $0.name == name && $0.isServer == isServer }) {
            programs[index].users.append(process)
        } else {
            let both = name == "rpc-server" && !isServer
            programs.append(
                Program(
                    name: name, candidates: both ? [name] + Self.otherNames : [name],
                    users: [process], isServer: isServer))
        }
    }
}

extension SurveyRequest.Companion {
    fileprivate static func all(of spec: CompanionSpec) -> [SurveyRequest.Companion] {
        [spec.draftModel.map { .init(kind: .draftModel, path: $0) }].compactMap(\.self)
            + [spec.projector.map { .init(kind: .projector, path: $0) }].compactMap(\.self)
            + spec.lora.map { .init(kind: .adapter, path: $0) }
    }
}

extension ClusterSpec {
    /// Relative paths count from where the value stands.
    fileprivate var fileOfModelName: String? {
        guard case .ollama(let name) = model, coordinator.location == .here else { return nil }
        guard case .file(let path, _, _)? = origins[.cluster(.model)],
            let end = path.lastIndex(of: "/")
        else { return name }
        return path[...end] + name
    }
}
