// SPDX-License-Identifier: Apache-2.0
#include <ladder/layout.h>

#include <chrono>
#include <ladder/measure.h>
#include <support/golden.h>
#include <unit/ladder/made_call.h>

namespace {

ladder::Scene sceneOf(const made::Call &call, const ladder::Options &options = {})
{
    const auto snapshot = call.call();
    return ladder::layout(call.evidence(*snapshot), call.findings, options);
}

/// Hundreds of hosts, each asked and each answering, `count` rows in all.
void longStory(made::Call &call, int count, int hosts)
{
    for (int i = 0; i < count; i += 2) {
        const auto host =
            fmt::format("10.1.{}.{}:5060", i / 2 % hosts / 250, i / 2 % hosts % 250 + 1);
        const auto branch = fmt::format("z9hG4bK{}", i);
        call.say("10.0.0.1:5060", host, {"INVITE sip:bob@example.test", "INVITE", branch});
        call.wait(std::chrono::milliseconds(1));
        call.say(host, "10.0.0.1:5060", {"183 Session Progress", "INVITE", branch, "b"});
        call.wait(std::chrono::milliseconds(1));
    }
}

TEST(Scene, StoryIsDrawnAsExpected)
{
    made::Call call;
    made::flowStory(call);
    ladder::Options options;
    options.names = made::storyNames();
    support::expectGolden(support::sourceFolder() / "tests/unit/ladder/flow_story.expected",
                          ladder::dump(sceneOf(call, options)));
}

TEST(Scene, RowsFollowEachOtherAndHoldTheirPieces)
{
    made::Call call;
    made::flowStory(call);
    const auto scene = sceneOf(call);
    double y = scene.headerHeight;
    std::uint32_t rect = scene.headRects, line = scene.headLines, text = scene.headTexts;
    for (const auto &row : scene.rows) {
        EXPECT_GE(row.y, y);
        y = row.y + row.height;
        EXPECT_EQ(row.firstRect, rect);
        EXPECT_EQ(row.firstLine, line);
        EXPECT_EQ(row.firstText, text);
        rect += row.rects;
        line += row.lines;
        text += row.texts;
        for (std::uint32_t i = row.firstText; i < text; ++i) {
            EXPECT_GT(scene.texts[i].y, row.y) << scene.texts[i].text;
            EXPECT_LE(scene.texts[i].y, y) << scene.texts[i].text;
        }
    }
    EXPECT_EQ(rect, scene.rects.size());
    EXPECT_EQ(line, scene.lines.size());
    EXPECT_EQ(text, scene.texts.size());
    EXPECT_LE(y, scene.height);
}

TEST(Scene, NothingStandsOutsideAndNoBadgesOverlap)
{
    made::Call call;
    made::flowStory(call);
    for (int i = 0; i < 12; ++i)
        call.find("made-up", diagnosis::Severity::Warning, "x", {call.call()->rows[7].row});
    const auto scene = sceneOf(call);
    for (const auto &rect : scene.rects) {
        EXPECT_GE(rect.x, 0);
        EXPECT_LE(rect.x + rect.width, scene.width + 0.5);
    }
    for (const auto &row : scene.rows) {
        double end = 0;
        for (std::uint32_t i = row.firstRect; i < row.firstRect + row.rects; ++i) {
            if (scene.rects[i].x <= scene.lanesRight || scene.rects[i].width > scene.width / 2)
                continue;
            EXPECT_GE(scene.rects[i].x, end);
            end = scene.rects[i].x + scene.rects[i].width;
        }
    }
}

TEST(Scene, VisibleFindsExactlyTheRowsThatTouchTheSpan)
{
    made::Call call;
    made::flowStory(call);
    const auto scene = sceneOf(call);
    for (double y0 = -50; y0 < scene.height + 50; y0 += 17) {
        const double y1 = y0 + 90;
        const auto span = scene.visible(y0, y1);
        for (std::size_t i = 0; i < scene.rows.size(); ++i) {
            const auto &row = scene.rows[i];
            const bool touches = row.y < y1 && row.y + row.height > y0;
            EXPECT_EQ(i >= span.first && i < span.last, touches) << "row " << i << " at " << y0;
        }
    }
}

TEST(Scene, HitFindsBadgesRowsLanesAndNothing)
{
    made::Call call;
    const made::Says invite{"INVITE sip:bob@example.test"};
    const auto row = call.say("10.0.0.1:5060", "10.0.0.2:5060", invite);
    call.wait(std::chrono::milliseconds(500));
    const auto repeat = call.say("10.0.0.1:5060", "10.0.0.2:5060", invite);
    const auto scene = sceneOf(call);
    ASSERT_EQ(scene.rows.size(), 1U);
    const auto &badge = scene.rects[scene.rows[0].firstRect + scene.rows[0].rects - 1];
    EXPECT_EQ(scene.hit(badge.x + 2, badge.y + 2),
              (ladder::Target{ladder::TargetKind::Repeats, row.value}));
    EXPECT_EQ(scene.hit(scene.lanes[0].x + 5, scene.rows[0].y + 2),
              (ladder::Target{ladder::TargetKind::Row, row.value}));
    EXPECT_EQ(scene.hit(scene.lanes[1].x, 20), (ladder::Target{ladder::TargetKind::Lane, 1}));
    EXPECT_EQ(scene.hit(scene.lanes[1].x, scene.height + 9), ladder::Target{});
    EXPECT_EQ(scene.rowOf({ladder::TargetKind::Row, repeat.value}), &scene.rows[0]);
    EXPECT_EQ(scene.rowOf({ladder::TargetKind::Row, 99}), nullptr);
}

TEST(Scene, AForkThatIsOverHasNoLineBelowAndTheWindowAButtonForEach)
{
    made::Call call;
    const auto *const us = "10.0.0.1:5060", *const proxy = "10.0.0.5:5060";
    call.say(us, proxy, {"INVITE sip:bob@example.test"});
    for (const auto *tag : {"A1", "B2"})
        call.say(proxy, us, {"183 Session Progress", "INVITE", "z9hG4bKbranch1", tag});
    call.wait(std::chrono::milliseconds(10));
    call.say(proxy, us, {"200 OK", "INVITE", "z9hG4bKbranch1", "B2"});
    call.wait(std::chrono::milliseconds(10));
    call.say(us, proxy, {"ACK sip:bob@example.test", "ACK", "z9hG4bKack", "B2"});
    ladder::Options options;
    options.listenText = "Listen";
    options.heardText = "Heard";
    options.heard = 1;
    const auto snapshot = call.call();
    const auto plain = ladder::layout(call.evidence(*snapshot), {}, options);
    const auto lowest = [&](double x) {
        double y = 0;
        for (const auto &line : plain.lines)
            if (line.role == ladder::Role::Lifeline && line.x1 == x && line.x2 == x)
                y = std::max(y, line.y2);
        return y;
    };
    ASSERT_EQ(plain.lanes.size(), 4U);
    EXPECT_LE(lowest(plain.lanes[2].x), plain.rows.back().y);
    EXPECT_GT(lowest(plain.lanes[3].x), plain.rows.back().y + plain.rows.back().height);

    options.listen = true;
    const auto scene = ladder::layout(call.evidence(*snapshot), {}, options);
    EXPECT_GT(scene.headerHeight, plain.headerHeight);
    const auto wordOn = [&](std::uint32_t dialog) -> std::string {
        for (const auto &text : scene.texts)
            if (text.target == ladder::Target{ladder::TargetKind::Dialog, dialog})
                return text.text;
        return {};
    };
    EXPECT_EQ(wordOn(0), "Listen");
    EXPECT_EQ(wordOn(1), "Heard");
    const double y = plain.headerHeight + 4;
    EXPECT_EQ(scene.hit(scene.lanes[2].x, y), (ladder::Target{ladder::TargetKind::Dialog, 0}));
}

TEST(Scene, LanesSpreadToFillTheView)
{
    made::Call call;
    call.say("10.0.0.1:5060", "10.0.0.2:5060", {"INVITE sip:bob@example.test"});
    ladder::Options options;
    const double narrow = sceneOf(call, options).width;
    options.viewWidth = narrow + 400;
    const auto scene = sceneOf(call, options);
    EXPECT_DOUBLE_EQ(scene.width, narrow + 400);
    EXPECT_GT(scene.lanes[1].x - scene.lanes[0].x, 500);
}

/// Names of the lanes as they are drawn where there is hardly any room.
std::vector<std::string> headsOf(const std::vector<const char *> &hosts)
{
    made::Call call;
    for (std::size_t i = 0; i + 1 < hosts.size(); ++i)
        call.say(hosts[i], hosts[i + 1], {"INVITE sip:bob@example.test"});
    ladder::Options options;
    options.viewWidth = 300;
    const auto scene = sceneOf(call, options);
    std::vector<std::string> out;
    for (std::size_t lane = 0; lane < scene.lanes.size(); ++lane) {
        for (std::size_t i = 0; i < scene.headTexts; ++i) {
            const ladder::Text &text = scene.texts[i];
            if (text.target ==
                    ladder::Target{ladder::TargetKind::Lane, static_cast<std::uint32_t>(lane)} &&
                text.y < 40) {
                EXPECT_LE(ladder::textWidth(text.text,
                                            text.weight == ladder::Weight::Bold ? 13 : 12,
                                            text.weight),
                          text.width + 0.01);
                out.push_back(text.text);
            }
        }
    }
    return out;
}

TEST(Scene, HostsOfOneNetworkAreToldApartWhereThereIsHardlyRoom)
{
    EXPECT_EQ(headsOf({"203.0.113.10:5060", "203.0.113.11:5060", "203.0.113.12:5060"}),
              (std::vector<std::string>{"203.0.113.10", "203.0.113.11", "203.0.113.12"}));
    const auto six = headsOf({"[2001:db8:aaaa:bbbb:cccc:dddd:eeee:1]:5060",
                              "[2001:db8:aaaa:bbbb:cccc:dddd:eeee:2]:5060",
                              "[2001:db8:aaaa:bbbb:cccc:dddd:eeee:3]:5060"});
    ASSERT_EQ(six.size(), 3U);
    EXPECT_NE(six[0], six[1]);
    EXPECT_NE(six[1], six[2]);
    EXPECT_EQ(six[1].back(), '2') << six[1];
}

TEST(Scene, EmptyCallGivesAnEmptyScene)
{
    made::Call call;
    const calls::Call none;
    const auto scene = ladder::layout(call.evidence(none), {}, {});
    EXPECT_TRUE(scene.rows.empty());
    EXPECT_EQ(scene.visible(0, 1000).last, 0U);
    EXPECT_EQ(scene.hit(10, 500), ladder::Target{});
}

TEST(Scene, AHundredThousandRowsAndHundredsOfLanesAreLaidOut)
{
    made::Call call;
    longStory(call, 20'000, 300);
    const auto snapshot = call.call();
    calls::Call big =
        *snapshot; // the same rows five times over: the fold is not what is tested here
    for (int i = 0; i < 4; ++i)
        big.rows.insert(big.rows.end(), snapshot->rows.begin(), snapshot->rows.end());
    ladder::Options options;
    options.gap = std::chrono::hours(1);
    const auto scene = ladder::layout(call.evidence(big), {}, options);
    EXPECT_EQ(scene.rows.size(), 100'000U);
    EXPECT_EQ(scene.lanes.size(), 301U);
    const auto span = scene.visible(scene.height / 2, scene.height / 2 + 900);
    EXPECT_GT(span.last, span.first);
    EXPECT_LT(span.last - span.first, 40U);
}

TEST(Measure, TextIsCutAtWholeCharactersToFit)
{
    const std::string text = "Übergröße für Prüfungen ohne Ende";
    for (double width = 0; width < 300; width += 3) {
        const auto shown = ladder::fitted(text, width, 13);
        if (shown != text) {
            ASSERT_GE(shown.size(), 3U);
            EXPECT_EQ(shown.substr(shown.size() - 3), "…");
            EXPECT_EQ(text.rfind(shown.substr(0, shown.size() - 3), 0), 0U);
        }
        EXPECT_LE(ladder::textWidth(shown, 13), std::max(width, ladder::textWidth("…", 13)));
    }
    EXPECT_EQ(ladder::cutColumns("Größe", 4), "Grö…");
    EXPECT_EQ(ladder::columns("Größe"), 5U);
}

TEST(Measure, AnAddressKeepsItsPort)
{
    const auto shown = ladder::fittedAddress("[2001:db8:17::25]:50612", 100, 12);
    EXPECT_LE(ladder::textWidth(shown, 12), 100);
    EXPECT_EQ(shown.rfind("[2001", 0), 0U);
    EXPECT_EQ(shown.substr(shown.size() - 9), "…:50612");
    EXPECT_EQ(ladder::fittedAddress("192.0.2.1:5060", 200, 12), "192.0.2.1:5060");
    EXPECT_EQ(ladder::fittedAddress("a-host-without-a-port.example", 60, 12),
              ladder::fitted("a-host-without-a-port.example", 60, 12));
    EXPECT_EQ(ladder::fittedAddress("192.0.2.1:5060", 20, 12), // no room for a port: as any text
              ladder::fitted("192.0.2.1:5060", 20, 12));
}

} // namespace
