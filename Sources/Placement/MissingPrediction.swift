import Basics

extension ModelPlacement {
    /// Why nothing is predicted of a placement.
    package enum MissingPrediction: Equatable, Sendable {
        /// Nobody has measured what these offer.
        case unmeasured([Node])
        /// The coordinator's CPU computes experts, which leaves a device less.
        case experts
    }

    /// Why nothing is predicted; nil where something is, or the coordinator is alone.
    package var missingPrediction: MissingPrediction? {
        guard PlacementPrediction(self) == nil, !request.devices.isEmpty else { return nil }
        if request.hasExpertsOnCPU { return .experts }
        let isOwnUnknown = coordinatorLayers > 0 && request.coordinatorPace == nil
        let nodes =
            request.devices.filter { $0.pace == nil }.map(\.node)
            + (isOwnUnknown ? [.coordinator] : [])
        return .unmeasured(nodes.unique { $0 })
    }
}
