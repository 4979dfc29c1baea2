import Configuration
import Facts
import Plan

/// Everything that a supervisor goes by: what should run, and the policies.
package struct WantedCluster: Equatable, Sendable {
    /// What should run.
    package var plan: LaunchPlan
    /// When a failed process is started again.
    package var restart: RestartPolicy
    /// How liveness is probed.
    package var health: HealthPolicy
    /// How long things are waited for.
    package var timeouts: Timeouts
    /// Bytes of the model's file; nil when not known.
    package var modelBytes: Int?
    /// Another number than before: the API keys have changed, in a file of the same name.
    package var keysVersion = 0

    /// That plan with these policies.
    package init(
        plan: LaunchPlan, restart: RestartPolicy, health: HealthPolicy, timeouts: Timeouts,
        modelBytes: Int? = nil
    ) {
        self.plan = plan
        self.restart = restart
        self.health = health
        self.timeouts = timeouts
        self.modelBytes = modelBytes
    }

    /// That plan with the policies of the specification that it was made of.
    package init(plan: LaunchPlan, spec: ClusterSpec, facts: HostFacts) {
        self.init(
            plan: plan, restart: spec.restart, health: spec.health, timeouts: spec.timeouts,
            modelBytes: facts.modelBytes(of: spec))
    }

    /// Whether nothing that runs would have to be started again in its place.
    func runsTheSame(as other: WantedCluster) -> Bool {
        keysVersion == other.keysVersion && PlanChange(from: other.plan, to: plan).isEmpty
    }

    /// What of the policies differs, by their keys in the configuration.
    func changedPolicies(from former: WantedCluster) -> [String] {
        [
            (restart == former.restart, "restart"), (health == former.health, "health"),
            (timeouts == former.timeouts, "timeouts"),
        ].filter { !$0.0 }.map(\.1)
    }
}

extension HostFacts {
    /// The size of all of the model's files; nil when it was not looked at.
    package func modelBytes(of spec: ClusterSpec) -> Int? {
        guard let model = host(at: spec.coordinator.location)?.models[spec.model.text] else {
            return nil
        }
        return Int(model.shape?.fileBytes(ofFirst: model.stamp.size) ?? model.stamp.size)
    }
}
