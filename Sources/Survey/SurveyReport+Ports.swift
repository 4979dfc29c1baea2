import Basics
import Remote

extension SurveyReport {
    /// Who listens on a port so that nothing else can listen on this address of it.
    package func listener(on address: String, port: Int) -> Listener? {
        let isWild = { (address: String) in address == "0.0.0.0" || address == "::" }
        return listeners.first {
            $0.port == port
                && ($0.address == address || isWild($0.address) || isWild(address))
        }
    }

    /// The record of a server that has this address of a port.
    func record(on endpoint: Endpoint) -> GuardRecord? {
        records.first {
            $0.endpoint.port == endpoint.port
                && [$0.endpoint.host, "0.0.0.0"].contains(endpoint.host)
                || $0.endpoint == Endpoint(host: "0.0.0.0", port: endpoint.port)
        }
    }
}
