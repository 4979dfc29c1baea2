import Basics

/// The RPC backends.
extension SpecBuilder {
    /// The workers, each with the number of its endpoint.
    mutating func workers() -> [WorkerSpec] {
        var workers = (0..<backendCount).map { worker($0) }
        let given = numbers.take(workers.map(\.node.identity))
        for (index, number) in given.enumerated() {
            workers[index].number = number
            workers[index].node = node(index, number, of: workers[index])
        }
        checkNames(workers)
        return workers
    }

    private func node(_ index: Int, _ number: Int, of worker: WorkerSpec) -> Node {
        .worker(
            number, name: string(.backend(index, .name)), at: worker.endpoint,
            through: worker.isTunnelled ? worker.location.sshDestination ?? "" : nil)
    }

    private mutating func worker(_ index: Int) -> WorkerSpec {
        let address = string(.backend(index, .host)) ?? ""
        let endpoint = Endpoint(host: address, port: integer(.backend(index, .port)))
        let location = location(
            address, ssh: string(.backend(index, .ssh)),
            options: strings(.backend(index, .sshOptions)))
        let transport = string(.backend(index, .transport)).flatMap(RPCTransport.init) ?? .direct
        let isManaged = boolean(.backend(index, .managed))
        var worker = WorkerSpec(
            // It gets its number, and with it its name, once all are known.
            node: .worker(0, at: endpoint), number: 0, place: index, host: address,
            port: endpoint.port, location: location,
            bind: string(.backend(index, .bind)), transport: transport, managed: isManaged,
            binary: binary(.backend(index, .binary), on: location),
            devices: strings(.backend(index, .devices)),
            threads: optionalInteger(.backend(index, .threads)),
            cache: boolean(.backend(index, .cache)),
            environment: environment(.backend(index, .environment)),
            extraArguments: strings(.backend(index, .extraArguments)),
            memoryLimit: memory(.backend(index, .memoryLimit)),
            memoryReserve: memory(.backend(index, .memoryReserve)) ?? 0,
            cacheLimit: memory(.backend(index, .cacheLimit)) ?? 0,
            shardsFolder: path(.backend(index, .shardsFolder), on: location),
            speed: optionalNumber(.backend(index, .speed)))
        worker.node = node(index, 0, of: worker)
        return worker
    }
}
