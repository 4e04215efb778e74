// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>
#include <report/text_ladder.h>
#include <set>
#include <support/golden.h>
#include <unit/report/made_report.h>
#include <unit/report/well_formed.h>

namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::filesystem::path expected(const std::string &name)
{
    return support::sourceFolder() / "tests/unit/report" / name;
}

/// Everything foreign in it tries to break out of where it stands.
void hostileStory(made::Call &call)
{
    call.callId = "\"><script>alert(1)</script>@x";
    call.from = "sip:al'\"<img src=x onerror=alert(2)>@example.test";
    call.say("10.0.0.1:5060", "10.0.0.2:5060",
             {"INVITE sip:bob@example.test", "INVITE", "z9hG4bKa", "",
              "Subject: ]]></pre><script>alert(3)</script>\r\n",
              made::sdp("10.0.0.1", 4000, "96") + "a=rtpmap:96 <b>&evil/8000\r\n"});
    const auto row =
        call.say("10.0.0.2:5060", "10.0.0.1:5060",
                 {"430 </title></svg><script>alert(4)</script>\x01\xff", "INVITE", "z9hG4bKa",
                  "t\"onload=\"alert(5)", "Warning: 399 a \"<iframe src=//evil.test>\"\r\n"});
    call.find("made-hostile", diagnosis::Severity::Error, "<script>alert(6)</script> & \"quotes\"",
              {row})
        .impact = "<a href=\"javascript:alert(7)\">x</a>";
}

TEST(Formats, EveryOneIsListedAndFoundById)
{
    std::set<std::string_view> ids;
    for (const report::Format *format : report::formats::all()) {
        EXPECT_TRUE(ids.insert(format->id).second);
        EXPECT_EQ(report::format(format->id), format);
        EXPECT_FALSE(format->title.empty() || format->extension.empty() ||
                     format->write == nullptr);
    }
    for (const std::string_view id : {"text", "svg", "html", "json", "pcapng"})
        EXPECT_TRUE(ids.contains(id)) << id;
    EXPECT_EQ(report::format("docx"), nullptr);
}

TEST(Formats, PictureAndPageAreWellFormed)
{
    made::Call call;
    made::flowStory(call);
    const made::Report report(call);
    for (const std::string_view id : {"svg", "html"}) {
        const std::string text = report.write(id);
        const made::WellFormed page(text);
        EXPECT_EQ(page.error, "") << id;
        EXPECT_TRUE(page.has("svg"));
        EXPECT_THAT(text, HasSubstr("183 Session Progress"));
        EXPECT_THAT(text, HasSubstr("↯ 430 Flow Failed"));
    }
}

TEST(Formats, HostileTextNeitherBreaksOutNorLoadsAnything)
{
    made::Call call;
    hostileStory(call);
    made::Report report(call);
    report.input.title = "</title><script>alert(8)</script>";
    report.input.notes = {"<script>alert(9)</script>"};
    report.input.names = {{"10.0.0.1", "<script>alert(10)</script>"},
                          {"10.0.0.2", "\"/><use href=\"//evil.test\"/>"}};
    const std::set<std::string> elements{
        "svg",  "title", "rect", "g",      "line", "path",    "text",    "html", "head",
        "meta", "style", "body", "main",   "h1",   "h2",      "h3",      "h4",   "h5",
        "p",    "br",    "span", "strong", "div",  "section", "table",   "tr",   "th",
        "td",   "a",     "ol",   "ul",     "li",   "details", "summary", "pre",  "code"};
    for (const std::string_view id : {"svg", "html"}) {
        const std::string text = report.write(id);
        const made::WellFormed page(text);
        EXPECT_EQ(page.error, "") << id;
        for (const auto &element : page.elements)
            EXPECT_TRUE(elements.contains(element)) << id << " has an element " << element;
        for (const auto &attribute : page.attributes) {
            EXPECT_NE(attribute.name.substr(0, 2), "on") << attribute.value;
            EXPECT_NE(attribute.name, "src");
            EXPECT_NE(attribute.name, "style");
            if (attribute.name == "href") {
                EXPECT_EQ(attribute.value.substr(0, 2), "#c");
            }
        }
        EXPECT_THAT(text, HasSubstr("&lt;script&gt;"));
    }
}

TEST(Formats, PageForbidsEverythingButItsOwnStyle)
{
    made::Call call;
    made::flowStory(call);
    const std::string text = made::Report(call).write("html");
    EXPECT_THAT(
        text, HasSubstr("content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
                        "form-action 'none'\""));
    EXPECT_THAT(text, Not(HasSubstr("url(")));
    EXPECT_THAT(text, Not(HasSubstr("@import")));
}

TEST(Formats, LinksLeadToRowsThatAreThere)
{
    made::Call call;
    made::flowStory(call);
    const made::WellFormed page(made::Report(call).write("html"));
    std::set<std::string> ids;
    std::size_t links = 0;
    for (const auto &attribute : page.attributes)
        if (attribute.name == "id") {
            EXPECT_TRUE(ids.insert(attribute.value).second) << attribute.value;
        }
    for (const auto &attribute : page.attributes)
        if (attribute.name == "href") {
            ++links;
            EXPECT_TRUE(ids.contains(attribute.value.substr(1))) << attribute.value;
        }
    EXPECT_GT(links, 15U);
}

TEST(Formats, SecretsLeaveInNoFormatUnlessAskedFor)
{
    made::Call call;
    call.to = "sip:bob:s3cret@example.test";
    call.say(
        "10.0.0.1:5060", "10.0.0.2:5060",
        {"INVITE sip:bob:s3cret@example.test", "INVITE", "z9hG4bKa", "",
         "Authorization: Digest username=\"a\", response=\"s3cret\"\r\nContact: "
         "<sip:x:s3cret@10.0.0.1>\r\n",
         made::sdp("10.0.0.1", 4000) + "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:s3cret\r\n"});
    call.say("10.0.0.2:5060", "10.0.0.1:5060",
             {"302 Try sip:bob:s3cret@10.0.0.3", "INVITE", "z9hG4bKa", "b",
              "Contact: <sip:bob:s3cret@10.0.0.3>\r\n"});
    made::Report report(call);
    report.input.notes = {"read from sip:bob:s3cret@10.0.0.3"};
    for (const report::Format *format : report::formats::all())
        EXPECT_THAT(report.write(format->id), Not(HasSubstr("s3cret"))) << format->id;
    report.input.redact = false;
    EXPECT_THAT(report.write("html"), HasSubstr("inline:s3cret"));
}

TEST(Formats, RtpOfCallsThatAreNotReportedCounts)
{
    made::Call call;
    hostileStory(call);
    call.streams.clear();
    made::Report report(call);
    EXPECT_FALSE(report::evidenceOf(report.input, report.calls[0]).mediaSeen);
    report.input.mediaSeen = true;
    EXPECT_TRUE(report::evidenceOf(report.input, report.calls[0]).mediaSeen);
}

TEST(Formats, TerminalTextHoldsNoControlCharacters)
{
    made::Call call;
    hostileStory(call);
    made::Report report(call);
    report.input.title = "\x1b[2Jtitle";
    const std::string text = report.write("text");
    EXPECT_TRUE(std::none_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 && c != '\n';
    }));
    EXPECT_THAT(text, HasSubstr("Findings"));
    EXPECT_THAT(text, HasSubstr("[1] row 2: look here"));
}

TEST(Formats, TextLadderLooksLikeOne)
{
    made::Call call;
    made::flowStory(call);
    const made::Report report(call);
    const auto outline =
        report::outlineOf(report.input, report.calls[0], report::ladderOptions(report.input));
    support::expectGolden(expected("text_ladder.expected"), report::textLadder(outline));
}

TEST(Formats, FindingsAboutMessagesOfNoCallAreReportedToo)
{
    made::Call call;
    made::flowStory(call);
    auto &finding = call.find("msg-flaw", diagnosis::Severity::Error,
                              "A message without Call-ID <b>from</b> nowhere.", {trace::RowId{0}});
    made::Report report(call);
    const auto without = report.write("html");
    EXPECT_THAT(without, Not(HasSubstr("Messages of no call")));
    report.input.loose = {finding};
    const auto page = report.write("html");
    EXPECT_EQ(made::WellFormed(page).error, "");
    const auto section = page.substr(page.find("Messages of no call"));
    EXPECT_THAT(section, HasSubstr("A message without Call-ID &lt;b&gt;from&lt;/b&gt; nowhere."));
    EXPECT_THAT(section, HasSubstr("message 1 of the input, 10.0.0.1:5060"));
    EXPECT_THAT(report.write("text"), HasSubstr("Messages of no call"));
}

TEST(Formats, TheTextHasTheCodecsOfOfferAnswerAndPackets)
{
    made::Call call;
    made::flowStory(call);
    const auto text = made::Report(call).write("text");
    const auto table = text.find("Codecs (payload types, packets)");
    ASSERT_NE(table, std::string::npos) << text;
    EXPECT_NE(text.find("offered by the caller (row 1)", table), std::string::npos)
        << text.substr(table, 800);
    EXPECT_NE(text.find("PCMU/8000", table), std::string::npos);
}

TEST(Formats, NoCallsIsAReportToo)
{
    made::Call call;
    made::Report report(call);
    report.input.calls = {};
    EXPECT_THAT(report.write("text"), HasSubstr("No calls."));
    EXPECT_EQ(made::WellFormed(report.write("svg")).error, "");
    EXPECT_EQ(made::WellFormed(report.write("html")).error, "");
    EXPECT_TRUE(nlohmann::json::parse(report.write("json"))["calls"].empty());
}

TEST(Json, SaysWhatTheCallDid)
{
    made::Call call;
    made::flowStory(call);
    made::Report report(call);
    report.calls[0].recordings = {{"bob1", "sent", "sent.wav"},
                                  {"bob1", "received", "early.wav"},
                                  {"bob1", "both", "stereo.wav"}};
    const auto json = nlohmann::json::parse(report.write("json"));
    EXPECT_EQ(json["schema_version"], 1);
    ASSERT_EQ(json["calls"].size(), 1U);
    const auto &told = json["calls"][0];
    EXPECT_EQ(told["call_id"], "call-1@made.test");
    EXPECT_EQ(told["state"], "ended");
    EXPECT_EQ(told["final"]["code"], 200);
    EXPECT_EQ(told["final"]["local"], false);
    const auto &failed = told["responses"][1];
    EXPECT_EQ(failed["code"], 430);
    EXPECT_EQ(failed["phrase"], "Flow Failed");
    EXPECT_DOUBLE_EQ(failed["seconds"].get<double>(), 0.03);
    EXPECT_EQ(failed["to_tag"], "edge");
    EXPECT_EQ(failed["retransmission"], false);
    EXPECT_EQ(failed["row"], 4);
    const auto dialog = std::find_if(told["early_dialogs"].begin(), told["early_dialogs"].end(),
                                     [](const auto &d) { return d["to_tag"] == "bob1"; });
    ASSERT_NE(dialog, told["early_dialogs"].end());
    EXPECT_EQ((*dialog)["recording"], "early.wav");
    EXPECT_EQ((*dialog)["sdp"], true);
    EXPECT_EQ(told["rtp"][0]["codec"], "PCMU");
    EXPECT_EQ(told["rtp"][0]["packets"], 620);
    EXPECT_EQ(told["findings"][0]["rule"], "made-flow-lost");
    EXPECT_EQ(told["findings"][0]["severity"], "error");
    EXPECT_EQ(told["findings"][0]["rows"], nlohmann::json::array({4}));
    EXPECT_EQ(nlohmann::json::parse(report::jsonOf(report.input, report.calls[0])), told);
}

TEST(Json, ALocalFailureIsMarkedAsOurs)
{
    made::Call call;
    call.origin = base::Origin::Tap;
    call.outgoing = true;
    call.say("10.0.0.1:5060", "10.0.0.2:5060", {"INVITE sip:bob@example.test"});
    call.wait(std::chrono::milliseconds(500));
    call.say("10.0.0.1:5060", "10.0.0.2:5060", {"INVITE sip:bob@example.test"});
    call.local(base::LocalKind::TimedOut, 408, "10.0.0.2:5060 did not answer.");
    const auto json = nlohmann::json::parse(made::Report(call).write("json"))["calls"][0];
    EXPECT_EQ(json["final"]["code"], 408);
    EXPECT_EQ(json["final"]["local"], true);
    EXPECT_EQ(json["invites_sent"], 1);
    EXPECT_EQ(json["invite_retransmissions"], 1);
}

TEST(Json, ACallThatIsAnsweredAtOnceHasNoEarlyDialog)
{
    made::Call call;
    call.say("10.0.0.1:5060", "10.0.0.2:5060",
             {"INVITE sip:bob@example.test", "INVITE", "z9hG4bKa"});
    call.wait(std::chrono::milliseconds(500));
    call.say("10.0.0.2:5060", "10.0.0.1:5060", {"200 OK", "INVITE", "z9hG4bKa", "b"});
    made::Report report(call);
    EXPECT_EQ(report.calls[0].call->earlyDialogs.size(), 1U);
    report.calls[0].recordings = {{"b", "received", "there/answered-b.wav"}};
    const auto json = nlohmann::json::parse(report.write("json"))["calls"][0];
    EXPECT_EQ(json["final"]["code"], 200);
    EXPECT_TRUE(json["early_dialogs"].empty()) << json["early_dialogs"];
    EXPECT_EQ(json["recordings"],
              (nlohmann::json{
                  {{"to_tag", "b"}, {"direction", "received"}, {"file", "there/answered-b.wav"}}}));
}

} // namespace
