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

    /// Nothing is wider than the window, and each picture is made; with `SOLLOL_SCREENSHOTS`, the
    /// folder for them, somebody can look.
    private static func look(_ browser: Browser) throws {
        let folder = ProcessInfo.processInfo.environment["SOLLOL_SCREENSHOTS"]
        for (width, height) in [(360, 780), (1440, 900), (3840, 2160)] {
            for scheme in ["light", "dark"] {
                try browser.look(width: width, height: height, scheme: scheme)
                let wide =
                    try browser.run("return document.documentElement.scrollWidth") as? Int ?? 0
                #expect(wide <= width)
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
