import Basics
import Plan
import Status
import Supervision

/// The figure of the cluster: which host holds which layers, in how much memory.
extension DashboardView {
    var figure: HTMLText {
        let devices = DeviceFigure.all(of: record.plan)
        let layered = devices.filter { !$0.layers.isEmpty }
        let count = layered.map(\.layers.count).reduce(0, +)
        let hosts = hosts(devices)
        let shown = plural(hosts.count, "host")
        let summary = count > 0 ? "\(count) layers on \(plural(layered.count, "device"))" : ""
        return """
            <h2 id="h-figure">Cluster</h2>\
            <p class="sub">\(model)\(shown)\(summary.isEmpty ? "" : " · " + summary)</p>\
            \(ribbon(layered, count))<ol class="hosts">\(HTMLText(hosts))</ol>\(Self.legend)
            """
    }

    /// The file of the model, as the coordinator is told.
    private var model: HTMLText {
        let words = record.plan.process(.coordinator)?.argv ?? []
        guard let flag = words.firstIndex(where: { $0 == "--model" || $0 == "-m" }),
            flag + 1 < words.count, let name = words[flag + 1].split(separator: "/").last
        else { return .none }
        return "<b>\(String(name))</b> · "
    }

    /// All layers in their order, coloured by who holds them.
    private func ribbon(_ devices: [DeviceFigure], _ count: Int) -> HTMLText {
        guard count > 0 else { return .none }
        let names = devices.map { "\($0.process): \(Self.range($0.layers))" }
        let ordered = devices.enumerated().sorted {
            $0.1.layers.lowerBound < $1.1.layers.lowerBound
        }
        let parts = ordered.map { index, device -> HTMLText in
            let start = device.layers.lowerBound
            return """
                <rect class="d\(index % 6)" x="\(start * 10)" y="0" \
                width="\(device.layers.count * 10)" height="24">\
                <title>\(names[index])</title></rect>
                """
        }
        let cuts = (1..<max(2, count)).map { "M\($0 * 10) 0v24" }.joined()
        return """
            <svg class="ribbon" viewBox="0 0 \(count * 10) 24" preserveAspectRatio="none" \
            role="img" aria-label="\(names.joined(separator: "; "))">\(HTMLText(parts))\
            <path class="cuts" d="\(count <= 200 ? cuts : "")"/></svg>
            """
    }

    static func range(_ layers: Range<Int>) -> String {
        LayerDistribution.text(layers).replacing("-", with: "–")
    }

    // MARK: Hosts

    private func hosts(_ devices: [DeviceFigure]) -> [HTMLText] {
        let scale = scale(devices)
        return status.processes.map(\.host).unique { $0 }.map { host in
            let cards = status.processes.filter { $0.host == host }.map { process in
                card(process, devices, scale)
            }
            return "<li><h3>\(host)</h3><div class=\"cards\">\(HTMLText(cards))</div></li>"
        }
    }

    private func card(
        _ process: ClusterStatus.Process, _ devices: [DeviceFigure], _ scale: UInt64
    ) -> HTMLText {
        let own = devices.enumerated().filter {
            "\($0.element.process)" == process.name
                && (!$0.element.layers.isEmpty || ($0.element.weights ?? 0) > 0)
        }
        let bars = own.map { bar($0.element, $0.offset, scale) }
        return """
            <div class="process"><p><b>\(process.name)</b> \
            \(Mood(ProcessState(rawValue: process.state)).chip(Self.word(process.state)))</p>\
            <p class="way">\(way(of: process))\(Self.stored(by: process))</p>\(HTMLText(bars))</div>
            """
    }

    /// How it is reached.
    private func way(of process: ClusterStatus.Process) -> String {
        guard
            let planned = record.plan.processes.first(where: { "\($0.node)" == process.name })
        else { return "run by somebody else · RPC direct" }
        let place = planned.location.place
        guard planned.role == .worker else { return "\(place) · HTTP" }
        let isTunnelled = planned.forwards.contains(where: \.carriesRPC)
        return "\(place) · RPC \(isTunnelled ? "through ssh" : "direct")"
    }

    /// What its host's disk holds of a model in shards.
    private static func stored(by process: ClusterStatus.Process) -> String {
        process.storedBytes.map {
            " · stores \(MemorySize.text($0))\(process.role == "worker" ? "" : " of a skeleton")"
        } ?? ""
    }

    /// Bars share one scale, so that devices can be compared; a coordinator with much memory and
    /// few layers would make all others small.
    private func scale(_ devices: [DeviceFigure]) -> UInt64 {
        devices.map { device in
            max(device.total, device.process == .coordinator ? 0 : device.limit ?? 0)
        }.max() ?? 1
    }

    private func bar(_ device: DeviceFigure, _ index: Int, _ scale: UInt64) -> HTMLText {
        let name: HTMLText =
            """
            <p class="device"><i class="d\(index % 6)"></i>\(device.device) \
            <span>\(Self.range(device.layers))</span></p>
            """
        guard device.total > 0 else { return name }
        let limit = device.limit.map { " of \(MemorySize.text($0))" } ?? ""
        let all = [
            ("w", "weights", device.weights ?? 0), ("k", "KV cache", device.cache ?? 0),
            ("b", "buffers", device.buffers ?? 0),
        ]
        let kinds = all.map { "\($0.1) \(MemorySize.text($0.2))" }.joined(separator: ", ")
        var place = 0
        var parts: [HTMLText] = []
        for (mark, _, bytes) in all where bytes > 0 {
            let width = max(3, Self.thousandths(bytes, of: scale))
            parts.append(
                "<rect class=\"\(mark)\" x=\"\(place)\" width=\"\(width)\" height=\"14\"/>")
            place += width
        }
        let end = max(place, Self.thousandths(device.limit ?? 0, of: scale))
        return """
            \(name)<svg class="bar" viewBox="0 0 1000 14" preserveAspectRatio="none" role="img" \
            aria-label="\(kinds)\(limit)"><rect class="f" width="\(end)" height="14"/>\
            \(HTMLText(parts))</svg>\
            <p class="numbers">\(MemorySize.text(device.total))\(limit) <span>\(kinds)</span></p>
            """
    }

    private static func thousandths(_ bytes: UInt64, of scale: UInt64) -> Int {
        Int(min(1000, Double(bytes) / Double(max(1, scale)) * 1000).rounded())
    }

    private static let legend: HTMLText =
        """
        <ul class="legend"><li><i class="w"></i># weights</li><li><i class="k"></i>= KV cache</li>\
        <li><i class="b"></i>~ buffers</li><li><i class="f"></i>. free</li></ul>
        """
}

extension RunLocation {
    /// `over ssh ann@gpu-1`, `on this machine`.
    var place: String { sshDestination.map { "over ssh \($0)" } ?? "on this machine" }
}

extension DeviceFigure {
    /// Bytes of all kinds.
    var total: UInt64 {
        [weights, cache, buffers].reduce(0) { $0.addingReportingOverflow($1 ?? 0).partialValue }
    }
}
