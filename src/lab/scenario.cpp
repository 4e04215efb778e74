// SPDX-License-Identifier: Apache-2.0
#include <lab/settings.h>

#include <algorithm>
#include <fmt/format.h>
#include <lab/texts.h>
#include <toml++/toml.h>

namespace lab {
namespace {

constexpr std::int64_t kLongest = 120000; // ms; no story takes longer
constexpr std::size_t kMostEntries = 64;
constexpr std::int64_t kMostMembers = 120; // of a crowd: what an edge of the lab takes

template <class T> struct Word {
    std::string_view text;
    T value;
};
constexpr Word<StepKind> kSteps[] = {{"register", StepKind::Register},
                                     {"call", StepKind::Call},
                                     {"re-register", StepKind::ReRegister},
                                     {"recover", StepKind::Recover},
                                     {"wait", StepKind::Wait},
                                     {"hang-up", StepKind::HangUp},
                                     {"crowd", StepKind::Crowd},
                                     {"fault", StepKind::Fault}};
constexpr Word<Trigger> kTriggers[] = {
    {"invite", Trigger::Invite}, {"bye", Trigger::Bye}, {"step", Trigger::Step}};
constexpr Word<Sound> kSounds[] = {{"none", Sound::None},
                                   {"silence", Sound::Silence},
                                   {"ringback", Sound::Ringback},
                                   {"announcement", Sound::Announcement},
                                   {"talk", Sound::Talk}};

/// Reads one story; the first thing wrong is kept as the error.
class Reader
{
public:
    explicit Reader(std::string_view name) { m_story.scenario.name = name; }

    base::Result<Story> read(std::string_view text);

private:
    void complain(const toml::node &node, std::string_view what);
    void known(const toml::table &table, std::initializer_list<std::string_view> keys);
    const toml::table *section(const toml::table &root, std::string_view key);
    const toml::array *list(const toml::table &table, std::string_view key);
    std::string text(const toml::table &table, std::string_view key, bool needed);
    std::int64_t number(const toml::table &table, std::string_view key, std::int64_t most,
                        std::int64_t fallback = 0);
    bool flag(const toml::table &table, std::string_view key);
    template <class T, std::size_t N>
    T word(const toml::node &node, const Word<T> (&words)[N], T fallback);
    void step(const toml::table &table);
    void act(const toml::table &table);
    void edgeSection(const toml::table &table);
    void crowdSection(const toml::table &table);
    void consistent(const toml::table &root);

    Story m_story;
    std::string m_error;
};

void Reader::complain(const toml::node &node, std::string_view what)
{
    if (m_error.empty())
        m_error = fmt::format("Line {}: {}.", node.source().begin.line, what);
}

void Reader::known(const toml::table &table, std::initializer_list<std::string_view> keys)
{
    for (const auto &[key, node] : table)
        if (std::find(keys.begin(), keys.end(), key.str()) == keys.end())
            complain(node, fmt::format("\"{}\" is not known here", key.str()));
}

const toml::table *Reader::section(const toml::table &root, std::string_view key)
{
    const auto *node = root.get(key);
    if (node != nullptr && !node->is_table())
        complain(*node, fmt::format("[{}] has to be a section", key));
    return node == nullptr ? nullptr : node->as_table();
}

const toml::array *Reader::list(const toml::table &table, std::string_view key)
{
    const auto *node = table.get(key);
    if (node == nullptr)
        return nullptr;
    if (!node->is_array() || node->as_array()->size() > kMostEntries)
        complain(*node,
                 fmt::format("\"{}\" has to be a list of at most {} entries", key, kMostEntries));
    return node->as_array();
}

std::string Reader::text(const toml::table &table, std::string_view key, bool needed)
{
    const auto *node = table.get(key);
    if (node == nullptr) {
        if (needed)
            complain(table, fmt::format("\"{}\" is missing", key));
        return {};
    }
    if (!node->is_string())
        complain(*node, fmt::format("\"{}\" has to be a text", key));
    return node->value_or(std::string());
}

std::int64_t Reader::number(const toml::table &table, std::string_view key, std::int64_t most,
                            std::int64_t fallback)
{
    const auto *node = table.get(key);
    if (node == nullptr)
        return fallback;
    const auto value = node->value<std::int64_t>().value_or(-1);
    if (!node->is_integer() || value < 0 || value > most) {
        complain(*node, fmt::format("\"{}\" has to be a whole number from 0 to {}", key, most));
        return fallback;
    }
    return value;
}

bool Reader::flag(const toml::table &table, std::string_view key)
{
    const auto *node = table.get(key);
    if (node != nullptr && !node->is_boolean())
        complain(*node, fmt::format("\"{}\" has to be true or false", key));
    return node != nullptr && node->value_or(false);
}

template <class T, std::size_t N>
T Reader::word(const toml::node &node, const Word<T> (&words)[N], T fallback)
{
    const auto value = node.value<std::string>().value_or("");
    std::string all;
    for (const auto &one : words) {
        if (one.text == value)
            return one.value;
        all += (all.empty() ? "" : ", ") + std::string(one.text);
    }
    complain(node, fmt::format("\"{}\" is none of {}", value, all));
    return fallback;
}

void Reader::step(const toml::table &table)
{
    known(table, {"do", "wait_ms", "caption"});
    Step step;
    if (const auto *node = table.get("do"))
        step.kind = word(*node, kSteps, StepKind::Wait);
    else
        complain(table, "\"do\" is missing");
    step.wait = std::chrono::milliseconds(number(table, "wait_ms", kLongest));
    step.caption = text(table, "caption", true);
    m_story.scenario.steps.push_back(std::move(step));
}

void Reader::act(const toml::table &table)
{
    known(table, {"after_ms", "status", "sdp", "reliable", "play"});
    Act act;
    act.after = std::chrono::milliseconds(number(table, "after_ms", kLongest));
    act.status = static_cast<int>(number(table, "status", 699));
    act.sdp = flag(table, "sdp");
    act.reliable = flag(table, "reliable");
    if (act.status != 0 && act.status <= 100)
        complain(table, "\"status\" has to be from 101 to 699, or left out");
    if (const auto *sounds = list(table, "play"))
        for (const auto &sound : *sounds)
            act.sounds.push_back(word(sound, kSounds, Sound::None));
    auto &acts = m_story.settings.callee.acts;
    if (!acts.empty() && acts.back().after > act.after)
        complain(table, "\"after_ms\" has to grow from one act to the next");
    acts.push_back(std::move(act));
}

void Reader::edgeSection(const toml::table &table)
{
    known(table, {"forgets", "restarts", "dies", "at", "flow_timer", "outbound", "pongs",
                  "closes_after_ms", "keeps_key", "down_ms"});
    auto &edge = m_story.settings.edge;
    edge.forgets = static_cast<int>(number(table, "forgets", 4));
    edge.restarts = static_cast<int>(number(table, "restarts", 4));
    edge.dies = static_cast<int>(number(table, "dies", 4));
    edge.flowTimer = static_cast<int>(number(table, "flow_timer", 3600));
    edge.closes = std::chrono::milliseconds(number(table, "closes_after_ms", kLongest));
    edge.keepsKey = flag(table, "keeps_key");
    edge.down = std::chrono::milliseconds(number(table, "down_ms", kLongest));
    if (const auto *at = table.get("at"))
        edge.trigger = word(*at, kTriggers, Trigger::Invite);
    if (table.contains("outbound"))
        edge.outbound = flag(table, "outbound");
    if (table.contains("pongs"))
        edge.pongs = flag(table, "pongs");
}

void Reader::crowdSection(const toml::table &table)
{
    known(table, {"members", "scale", "base_ms", "most_ms"});
    auto &crowd = m_story.settings.crowd;
    crowd.members = static_cast<int>(number(table, "members", kMostMembers));
    crowd.scale =
        static_cast<int>(std::max<std::int64_t>(1, number(table, "scale", 1000, crowd.scale)));
    crowd.backOffBase = std::chrono::milliseconds(
        std::max<std::int64_t>(6, number(table, "base_ms", kLongest, 30'000 / crowd.scale)));
    crowd.backOffMost = std::chrono::milliseconds(
        std::max<std::int64_t>(6, number(table, "most_ms", 1'800'000, 1'800'000 / crowd.scale)));
}

void Reader::consistent(const toml::table &root)
{
    const auto &scenario = m_story.scenario;
    const auto &acts = m_story.settings.callee.acts;
    const bool final =
        std::any_of(acts.begin(), acts.end(), [](const Act &a) { return a.status >= 200; });
    if (scenario.steps.empty())
        complain(root, "there is no [[step]]");
    if (!scenario.hasAccount && !final)
        complain(root, "there is neither an [account] nor a [[callee.does]] with a final status");
    if (!scenario.hasAccount && m_story.settings.crowd.members > 0)
        complain(root, "[crowd] needs an [account] and its edge");
    const auto &edge = m_story.settings.edge;
    if (std::max({edge.forgets, edge.restarts, edge.dies}) > scenario.edges)
        complain(root, "[edge] names an edge that is not there");
    if (m_story.settings.registrar.inEdge &&
        (scenario.edges != 1 || m_story.settings.crowd.members > 0))
        complain(root, "a registrar in the edge needs an [account] with one edge, and no [crowd]");
}

base::Result<Story> Reader::read(std::string_view source)
{
    toml::table root;
    try {
        root = toml::parse(source);
    } catch (const toml::parse_error &error) {
        return base::fail(base::ErrorCode::BadInput,
                          fmt::format("The story \"{}\" cannot be read. Line {}: {}.",
                                      m_story.scenario.name, error.source().begin.line,
                                      error.description()));
    }
    auto &scenario = m_story.scenario;
    auto &settings = m_story.settings;
    known(root, {"title", "summary", "findings", "t1_ms", "account", "callee", "edge", "registrar",
                 "crowd", "step"});
    scenario.title = text(root, "title", true);
    scenario.summary = text(root, "summary", true);
    scenario.peers = source;
    settings.t1 =
        std::chrono::milliseconds(std::max<std::int64_t>(1, number(root, "t1_ms", 5000, 500)));
    if (const auto *findings = list(root, "findings"))
        for (const auto &finding : *findings)
            scenario.findings.push_back(finding.value_or(std::string()));
    if (const auto *account = section(root, "account")) {
        known(*account, {"edges", "answers"});
        scenario.hasAccount = true;
        scenario.edges =
            static_cast<int>(std::max<std::int64_t>(1, number(*account, "edges", 4, 1)));
        scenario.answerIncoming = flag(*account, "answers");
    }
    if (const auto *edge = section(root, "edge")) {
        edgeSection(*edge);
    }
    if (const auto *crowd = section(root, "crowd"))
        crowdSection(*crowd);
    if (const auto *registrar = section(root, "registrar")) {
        known(*registrar, {"relay430", "in_edge"});
        settings.registrar.relay430 = flag(*registrar, "relay430");
        settings.registrar.inEdge = flag(*registrar, "in_edge");
    }
    if (const auto *callee = section(root, "callee")) {
        known(*callee, {"does"});
        if (const auto *acts = list(*callee, "does"))
            for (const auto &node : *acts)
                node.is_table() ? act(*node.as_table()) : complain(node, "an act is a table");
    }
    if (const auto *steps = list(root, "step"))
        for (const auto &node : *steps)
            node.is_table() ? step(*node.as_table()) : complain(node, "a step is a table");
    consistent(root);
    if (!m_error.empty())
        return base::fail(
            base::ErrorCode::BadInput,
            fmt::format("The story \"{}\" cannot be played. {}", scenario.name, m_error));
    return std::move(m_story);
}

} // namespace

base::Result<Story> parseStory(std::string_view name, std::string_view toml)
{
    return Reader(name).read(toml);
}

base::Result<Scenario> parseScenario(std::string_view name, std::string_view toml)
{
    auto story = parseStory(name, toml);
    if (!story)
        return tl::unexpected<base::Error>(story.error());
    return std::move(story->scenario);
}

base::Result<Scenario> scenario(std::string_view name)
{
    std::string known;
    for (const Text &text : stories()) {
        if (text.name == name)
            return parseScenario(name, text.text);
        known += (known.empty() ? "" : ", ") + std::string(text.name);
    }
    return base::fail(base::ErrorCode::NotFound,
                      fmt::format("There is no story \"{}\". Known are: {}.", name, known));
}

std::vector<Scenario> scenarios()
{
    std::vector<Scenario> out;
    for (const Text &text : stories())
        if (auto read = parseScenario(text.name, text.text))
            out.push_back(std::move(*read));
    return out;
}

} // namespace lab
