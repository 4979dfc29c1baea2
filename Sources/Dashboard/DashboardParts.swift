import Basics

extension DashboardView {
    /// A part of the page, by its identifier in the document. Each is sent again when something in
    /// it has changed.
    enum Part: String, CaseIterable {
        case hero, figure, processes, timeline, recoveries, requests, charts, logs, plan, events

        /// What may change it.
        var follows: DashboardRecord.Changes {
            switch self {
            case .hero, .processes, .requests: .state
            case .figure: [.plan, .state]
            case .timeline: [.timeline, .sample]
            case .recoveries, .events: .events
            case .charts: .sample
            case .logs: .logs
            case .plan: .plan
            }
        }
    }

    func html(_ part: Part) -> HTMLText {
        switch part {
        case .hero: hero
        case .figure: figure
        case .processes: processTable
        case .timeline: timeline
        case .recoveries: recoveries
        case .requests: requests
        case .charts: charts
        case .logs: logs
        case .plan: plan
        case .events: events
        }
    }

    /// What a page that is open is sent: the time, and the parts that have changed.
    package func update(_ changes: DashboardRecord.Changes) -> [UInt8] {
        let parts = Part.allCases.filter { !$0.follows.isDisjoint(with: changes) }
        let json = OrderedJSON.object([
            ("time", .optional(time)), ("state", .string(status.state.rawValue)),
            ("title", .string(headline.title)),
            ("parts", .object(parts.map { ($0.rawValue, .string(html($0).text)) })),
        ])
        return Array("data: \(json.line)\n\n".utf8)
    }

    /// How the page is reached from elsewhere.
    var tunnel: String { "ssh -N -L \(address.port):\(address) USER@THIS-HOST" }
}
