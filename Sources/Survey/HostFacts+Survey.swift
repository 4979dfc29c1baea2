import Basics
import Configuration
import Facts
import LlamaCpp

extension HostFacts {
    /// Takes over what the hosts told about themselves. What was recorded of a host before is
    /// replaced, but for what was not asked again since its file is still the same.
    package mutating func record(_ surveys: [HostSurvey], _ spec: ClusterSpec) {
        for survey in surveys { record(survey, spec) }
    }

    private mutating func record(_ survey: HostSurvey, _ spec: ClusterSpec) {
        guard let report = survey.report else { return }
        let key = HostKey(survey.request.location)
        let before = hosts[key]
        var host = Host(home: report.home)
        let inherited = report.account.inherited.sorted()
        host.inheritedVariables = inherited.isEmpty ? nil : inherited
        host.gpus = survey.request.isBrief ? before?.gpus : report.account.gpus
        // Beside a running cluster, what was free before it started counts.
        let (now, then) = (report.availableMemory, before?.availableMemoryBytes)
        let isBeside = survey.request.isBrief || survey.request.isInUse
        host.availableMemoryBytes = isBeside ? then ?? now : now ?? then
        for (program, seen) in zip(survey.request.programs, report.programs) {
            guard let path = seen.path, let stamp = seen.stamp else { continue }
            var binary = Binary(path: path, stamp: stamp, version: seen.build)
            let listed = seen.devices.map { DeviceListing.devices(in: $0.text) }
            let devices = listed?.map(\.name)
            if program.isServer { host.devices = devices }
            let isUnasked =
                seen.help == nil && program.known?.path == path && program.known?.stamp == stamp
            if let known = seen.known ?? (isUnasked ? program.known : nil) {
                binary = known
                if devices == nil, program.isServer { host.devices = before?.devices }
                host.deviceMemoryBytes = host.deviceMemoryBytes ?? before?.deviceMemoryBytes
            } else if let help = seen.help {
                binary.take(help, of: program, seen)
            }
            if let listing = seen.devices?.text {
                host.deviceMemoryBytes = DeviceListing.freeMemory(in: listing)
                if isBeside, let then = before?.deviceMemoryBytes {
                    host.deviceMemoryBytes?.merge(then) { $1 }
                }
            }
            host.binaries[program.name] = binary
            if !program.isServer, let listed {
                let offered = listed.map { WorkerDevice(name: $0.name, freeBytes: $0.freeBytes) }
                offer(offered, program.users, spec, isBeside: isBeside)
            }
        }
        // The coordinator's program is not asked twice, and by a brief look no other one.
        for (program, seen) in zip(survey.request.programs, report.programs) {
            guard !program.isServer, seen.path != nil, seen.devices == nil else { continue }
            guard let own = host.devices else { continue }
            // Another build may know other devices: only where nothing better is known.
            let isBesideServer = host.binaries.values.contains {
                $0.capabilities != nil && Self.folder($0.path) == Self.folder(seen.path)
            }
            let isKnown = spec.workers.contains {
                program.users.contains($0.node)
                    && workerDevices?[$0.endpoint.description] != nil
            }
            if isKnown, !isBesideServer { continue }
            let offered = own.map {
                WorkerDevice(name: $0, freeBytes: host.deviceMemoryBytes?[$0])
            }
            offer(offered, program.users, spec, isBeside: isBeside)
        }
        if let reference = survey.request.model?.text, let model = survey.model {
            var entry = Model(
                path: model.path, stamp: model.stamp, blockCount: model.shape.blockCount,
                shape: model.shape)
            entry.projector = model.companions.first { $0.kind == .projector }?.path
            let adapters = model.companions.filter { $0.kind == .adapter }.map(\.path)
            entry.adapters = adapters.isEmpty ? nil : adapters
            host.models[reference] = entry
        }
        host.models.merge(survey.companions) { $1 }
        hosts[key] = host
    }

    private static func folder(_ path: String?) -> Substring? {
        path.flatMap { path in path.lastIndex(of: "/").map { path[..<$0] } }
    }

    /// Forgets what programs have answered, so that they are asked again: something went wrong, and
    /// no size and time of files can tell everything.
    package mutating func forgetAnswers() {
        hosts = hosts.mapValues { host in
            var host = host
            for name in host.binaries.keys { host.binaries[name]?.companions = nil }
            return host
        }
    }

    /// An rpc-server offers the devices of its host, or its CPU where there are none. With an
    /// environment of its own (`CUDA_VISIBLE_DEVICES`) only the server itself knows.
    ///
    /// - Parameter isBeside: of what runs already, what was free before it started counts.
    private mutating func offer(
        _ devices: [WorkerDevice], _ users: [Node], _ spec: ClusterSpec, isBeside: Bool
    ) {
        for worker in spec.workers
        where users.contains(worker.node) && worker.environment.isEmpty {
            let endpoint = worker.endpoint.description
            if worker.devices.isEmpty {
                offeredDevices[endpoint] = (0..<max(1, devices.count)).map { "RPC\($0)" }
            }
            let offered =
                worker.devices.isEmpty
                ? devices.isEmpty ? [WorkerDevice(name: "CPU")] : devices
                : worker.devices.map { name in
                    devices.first { $0.name == name } ?? WorkerDevice(name: name)
                }
            let isKnown = workerDevices?[endpoint]?.map(\.name) == offered.map(\.name)
            if isBeside, isKnown { continue }
            workerDevices = (workerDevices ?? [:]).merging([endpoint: offered]) { $1 }
        }
    }
}

extension HostFacts.Binary {
    /// Takes over what the program has answered.
    fileprivate mutating func take(
        _ help: SurveyReport.Answer, of program: SurveyRequest.Program,
        _ seen: SurveyReport.Program
    ) {
        if program.isServer {
            capabilities = Capabilities(help: help.text, version: seen.version?.text ?? "")
        } else {
            defaultThreads = Capabilities.defaultThreads(inWorkerHelp: help.text)
        }
        digests = seen.digests
        // A script may run another program next time, a backend may be installed as a file of its
        // own elsewhere, and a version that was not told may be told next time.
        let isWhole = seen.build != nil && capabilities?.rpc != false
        if isWhole, BinaryKind.isExecutable(magic: seen.magic),
            SurveyFindings.isRight(help, isServer: program.isServer)
        {
            companions = seen.companions
        }
    }
}
