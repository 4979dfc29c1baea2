import Foundation
import Testing

/// The page in a real browser, which is never loaded anew.
@Suite(
    .enabled(if: TestEnvironment.canRunLlama, "skipped: no llama.cpp"),
    .enabled(if: TestEnvironment.has("chromedriver"), "skipped: no chromium-driver"))
struct BrowserTests {
    private static let title = "document.querySelector('#hero h1').textContent"

    @Test func thePageFollowsTheCluster() throws {
        let place = try DashboardPlace()
        let browser = try Browser()
        try browser.open(place.url)
        try eventually("it is live") { browser.text("document.body.dataset.link") == "live" }
        #expect(browser.text(Self.title) == "Serving")
        _ = try browser.run("window.same = true")

        // A worker is killed: the recovery stands there.
        kill(try place.cluster.pid("worker-1"), SIGKILL)
        try eventually("the recovery is on the page") {
            browser.text("document.querySelector('#recoveries').textContent")
                .contains("worker-1: it was killed")
        }
        try eventually("it serves") { browser.text(Self.title) == "Serving" }
        try Self.look(browser)

        // sollol goes away, and comes back.
        try place.stop()
        try eventually("the page says that it is stale") {
            browser.text("document.body.dataset.link") == "stale"
        }
        #expect(browser.text("document.getElementById('linktext').textContent").contains("Stale"))
        try place.startAgain()
        try eventually("the page is live again") {
            browser.text("document.body.dataset.link") == "live"
        }
        // It may have come back while the cluster still came up; that it serves is told later.
        try eventually("it serves again") { browser.text(Self.title) == "Serving" }
        #expect(try browser.run("return window.same") as? Bool == true)
        // What was told before it.
        #expect(
            browser.text("document.querySelector('#recoveries').textContent")
                .contains("worker-1: it was killed"))

        try Self.check(browser, place.url)
        try browser.quit()
        try place.stop()
    }

    // MARK: What the page shows while something happens

    /// A page that is open, and stays.
    private static func watched(_ place: DashboardPlace) throws -> Browser {
        let browser = try Browser()
        try browser.open(place.url)
        try eventually("it is live") { browser.text("document.body.dataset.link") == "live" }
        _ = try browser.run("window.same = true")
        return browser
    }

    private static func shows(_ text: String, in part: String, _ browser: Browser) throws {
        try eventually("\(part) says \(text)") {
            browser.text("document.querySelector('\(part)').textContent").contains(text)
        }
    }

    private static func end(_ browser: Browser, _ place: DashboardPlace) throws {
        #expect(try browser.run("return window.same") as? Bool == true)
        try check(browser, place.url)
        try browser.quit()
        try place.stop()
    }

    @Test func theStartIsSeen() throws {
        // The coordinator loads once that file is there.
        let signal = NSTemporaryDirectory() + "sollol-go-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: signal) }
        let place = try DashboardPlace(until: "[4/5]") { cluster in
            let script = cluster.folder + "/llama-server"
            let text = """
                #!/bin/sh
                case " $* " in *" --model "*) until [ -e '\(signal)' ]; do sleep 0.05; done; esac
                exec '\(TestEnvironment.llamaServer)' "$@"

                """
            try HostDisk.write(text, to: script, mode: 0o755)
            try cluster.edit("\"ctx_size\"", "\"binary\": \"\(script)\", \"ctx_size\"")
        }
        let browser = try Self.watched(place)
        #expect(browser.text(Self.title) == "Not serving yet: coming up")
        try Self.shows("coordinator loads the model", in: "#hero", browser)
        #expect(FileManager.default.createFile(atPath: signal, contents: nil))
        try eventually("it serves") { browser.text(Self.title) == "Serving" }
        try Self.end(browser, place)
    }

    /// A coordinator that hangs, and a configuration that is refused.
    @Test func aHangAndABrokenReloadAreSeen() throws {
        let place = try DashboardPlace(
            """
            "health": {"interval": 0.2, "timeout": 2, "failures": 3},
            "restart": {"initial_delay": 20}
            """)
        let browser = try Self.watched(place)
        kill(try place.cluster.pid("coordinator"), SIGSTOP)
        try eventually("it does not serve") {
            browser.text(Self.title) == "Not serving: recovering"
        }
        try Self.shows("coordinator: its /health failed 3 times in a row", in: "#hero", browser)
        try Self.shows("waiting before the next start of coordinator", in: "#hero", browser)
        try Self.shows("sollol logs coordinator", in: "#hero", browser)
        try eventually("it serves") { browser.text(Self.title) == "Serving" }
        try Self.shows("coordinator: its /health failed", in: "#recoveries", browser)

        try place.cluster.edit("\"ctx_size\": 4096", "\"ctx_size\": -1")
        #expect(try place.cluster.sollol("reload").exitStatus() == 78)
        try Self.shows("the last reload was refused", in: "#hero", browser)
        try Self.shows("ctx_size", in: "#hero", browser)
        #expect(browser.text(Self.title) == "Serving")
        try place.cluster.edit("\"ctx_size\": -1", "\"ctx_size\": 4096")
        #expect(try place.cluster.sollol("reload").exitStatus() == 0)
        try eventually("nothing is wrong any more") {
            !browser.text("document.querySelector('#hero').textContent").contains("refused")
        }
        try Self.end(browser, place)
    }

    /// Nothing is wider than the window, and each picture is made; with `SOLLOL_SCREENSHOTS`, the
    /// folder for them, somebody can look.
    private static func look(_ browser: Browser) throws {
        let folder = ProcessInfo.processInfo.environment["SOLLOL_SCREENSHOTS"]
        // Words that reach beyond the card that they are in.
        let outside = """
            return [...document.querySelectorAll('section p, section dd, figcaption')].filter((e) => {
              const words = document.createRange();
              words.selectNodeContents(e);
              const edge = e.closest('section').getBoundingClientRect().right;
              return words.getBoundingClientRect().right > edge;
            }).length
            """
        for (width, height) in [(360, 780), (1440, 900), (3840, 2160)] {
            for scheme in ["light", "dark"] {
                try browser.look(width: width, height: height, scheme: scheme)
                let wide =
                    try browser.run("return document.documentElement.scrollWidth") as? Int ?? 0
                #expect(wide <= width)
                #expect(try browser.run(outside) as? Int == 0, "\(width) \(scheme)")
                let picture = try browser.screenshot()
                #expect(picture.count > 10_000)
                if let folder {
                    try picture.write(to: URL(filePath: "\(folder)/\(width)-\(scheme).png"))
                }
            }
        }
    }

    /// No error, and no request to anywhere else.
    private static func check(_ browser: Browser, _ url: String) throws {
        let errors = try browser.log("browser").filter { line in
            // While sollol was away, its address refused connections.
            line.hasPrefix("SEVERE") && !line.contains("net::ERR_")
        }
        #expect(errors == [])
        var others: Set<String> = []
        for line in try browser.log("performance")
        where line.contains("Network.requestWillBeSent\"") {
            for match in line.matches(of: /"url":"([a-z]+:\/\/[^"]+)"/) {
                let target = String(match.1)
                if target.hasPrefix("http"), !target.hasPrefix(url) { others.insert(target) }
            }
        }
        #expect(others == [])
        // Names of parts, and a way past the header, for those who do not see it.
        let unnamed = try browser.run(
            """
            return [...document.querySelectorAll('section, svg, pre')].filter((e) =>
              !e.closest('[aria-hidden]') && !e.matches('[aria-hidden]') && e.tagName !== 'PRE' &&
              !e.getAttribute('aria-label') && !e.getAttribute('aria-labelledby')).length
            """)
        #expect(unnamed as? Int == 0)
    }
}
