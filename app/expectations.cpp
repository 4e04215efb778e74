// SPDX-License-Identifier: Apache-2.0
#include <app/expectations.h>

#include <algorithm>
#include <base/text.h>
#include <charconv>
#include <cmath>
#include <diagnosis/rule.h>
#include <fmt/format.h>
#include <functional>
#include <report/markup.h>
#include <rtp/national_tones.h>

namespace app {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kToneTolerance = 0.02;
constexpr double kQuietest = -96;   // dBFS, of 16 bits
constexpr double kQuietBelow = -60; // dBFS; what is fainter nobody hears

std::optional<double> numberIn(std::string_view text)
{
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = error == std::errc{} && end == text.data() + text.size();
    return whole && std::isfinite(value) ? std::optional(value) : std::nullopt;
}

bool endsWith(std::string_view text, std::string_view unit)
{
    return text.size() > unit.size() &&
           base::equalsNoCase(text.substr(text.size() - unit.size()), unit);
}

/// "2", "2s", "500ms"
std::optional<double> secondsIn(std::string_view text)
{
    double unit = 1;
    if (endsWith(text, "ms")) {
        unit = 1e-3;
        text.remove_suffix(2);
    } else if (endsWith(text, "s")) {
        text.remove_suffix(1);
    }
    const auto value = numberIn(text);
    return value && *value >= 0 && *value <= 86400 ? std::optional(*value * unit) : std::nullopt;
}

/// "425", "425Hz", "440+480"
std::vector<double> hertzIn(std::string_view text)
{
    if (endsWith(text, "Hz"))
        text.remove_suffix(2);
    std::vector<double> out;
    for (const std::string_view part : base::split(text, '+')) {
        const auto value = numberIn(part);
        if (!value || *value < 200 || *value > 3600)
            return {};
        out.push_back(*value);
    }
    return out;
}

/// "200", "4xx"
bool isCode(std::string_view text)
{
    const auto value = base::toInteger(text);
    if (value && *value >= 100 && *value <= 699 && text.size() == 3)
        return true;
    return text.size() == 3 && text[0] >= '1' && text[0] <= '6' &&
           base::equalsNoCase(text.substr(1), "xx");
}

bool fitsCode(std::string_view wanted, int code)
{
    const auto exact = base::toInteger(wanted);
    return exact ? *exact == code : code / 100 == wanted[0] - '0';
}

constexpr std::string_view kSounds[] = {"ringback", "busy",          "congestion", "sit",
                                        "tone",     "dtmf",          "speech",     "music",
                                        "noise",    "comfort_noise", "silence",    "unknown"};

bool knowsCountry(std::string_view code)
{
    const auto tones = rtp::nationalTones();
    return std::any_of(tones.begin(), tones.end(),
                       [&](const auto &tone) { return base::equalsNoCase(tone.country, code); });
}

std::string why(const Expectation &each)
{
    const std::string &option = each.option;
    if (option.ends_with("-within") && !secondsIn(each.wanted))
        return "takes seconds, such as 2s or 500ms";
    if (option == "--tone" && hertzIn(each.wanted).empty())
        return "takes a frequency from 200 to 3600 Hz, such as 425Hz, or two, such as 440+480";
    if (option == "--heard" &&
        std::find(std::begin(kSounds), std::end(kSounds), each.wanted) == std::end(kSounds))
        return fmt::format("takes one of {}", fmt::join(kSounds, ", "));
    if (const auto level = numberIn(each.wanted);
        option == "--level-above" && (!level || *level >= 0 || *level < kQuietest))
        return "takes a level in dBFS from -96 to below 0, which is full scale, such as -40";
    if (const auto mos = numberIn(each.wanted);
        option == "--mos-at-least" && (!mos || *mos < 1 || *mos > 5))
        return "takes a mean opinion score from 1 to 5, such as 4.0";
    if (option == "--code" && (!isCode(each.wanted) || each.wanted[0] == '1'))
        return "takes the code of a final response, such as 200 or 4xx";
    if (option == "--provisional" && (!isCode(each.wanted) || each.wanted[0] != '1'))
        return "takes the code of a provisional response, such as 183 or 1xx";
    if (option == "--country" && !knowsCountry(each.wanted))
        return "takes a country whose tones are known, by its two letters, such as DE, FR or US";
    if (option == "--finding" && diagnosis::rule(each.wanted) == nullptr)
        return "takes the name of a rule as reports print it, such as em-183-sdp-no-rtp";
    return {};
}

/// Everything heard of any early dialog, part by part.
std::vector<Json> soundsOf(const Json &call)
{
    std::vector<Json> out;
    for (const Json &dialog : call.value("early_dialogs", Json::array())) {
        const Json heard = dialog.value("heard", Json(nullptr));
        if (heard.is_object())
            for (const Json &part : heard.value("parts", Json::array()))
                out.push_back(part);
    }
    return out;
}

/// Packets that came are not what was heard: the verdict of their dialog says why.
std::string whyNothing(const Json &call)
{
    for (const Json &dialog : call.value("early_dialogs", Json::array())) {
        if (dialog.value("rtp_packets", std::uint64_t{0}) == 0)
            continue;
        const Json verdict = dialog.value("verdict", Json::object());
        if (verdict.is_object() && verdict.value("light", "") == "red")
            return "nothing was heard before the answer: " + verdict.value("text", "");
        return "RTP came before the answer, but of a codec that is not listened to";
    }
    return "no RTP came before the answer";
}

std::string heardText(const Json &call)
{
    constexpr std::size_t kMostParts = 4; // of one dialog
    std::vector<std::string> texts;
    for (const Json &dialog : call.value("early_dialogs", Json::array())) {
        const Json heard = dialog.value("heard", Json(nullptr));
        if (!heard.is_object())
            continue;
        std::vector<std::string> parts;
        for (const Json &part : heard.value("parts", Json::array()))
            parts.push_back(part.value("text", ""));
        if (parts.empty() || parts.size() > kMostParts)
            parts = {heard.value("text", "")};
        texts.push_back(fmt::format("{}", fmt::join(parts, ", then ")));
    }
    if (texts.empty())
        return whyNothing(call);
    return fmt::format("heard before the answer: {}", fmt::join(texts, "; "));
}

bool audible(const Json &part)
{
    const std::string what = part.value("what", "");
    return what != "silence" && what != "comfort_noise" && what != "unknown" &&
           part.value("level_dbfs", -96.0) > kQuietBelow;
}

bool hasTone(const Json &part, const std::vector<double> &wanted)
{
    const auto frequencies = part.value("frequencies", std::vector<double>());
    return audible(part) && !frequencies.empty() &&
           std::all_of(wanted.begin(), wanted.end(), [&](double hertz) {
               return std::any_of(frequencies.begin(), frequencies.end(), [&](double measured) {
                   return std::abs(measured - hertz) <= kToneTolerance * hertz;
               });
           });
}

Answer within(Answer answer, const Json &at, std::string_view what)
{
    const double limit = *secondsIn(answer.expectation.wanted);
    answer.met = at.is_number() && at.get<double>() <= limit;
    answer.text = at.is_number()
                      ? fmt::format("{} came {:.3f} s after the INVITE", what, at.get<double>())
                      : fmt::format("{} never came", what);
    return answer;
}

/// The call's first RTP towards us that came before the answer.
Json firstEarly(const Json &call)
{
    Json first = nullptr;
    for (const Json &stream : call.value("rtp", Json::array())) {
        const Json at = stream.value("first", Json(nullptr));
        if (stream.value("towards_caller", false) && stream.value("early", false) &&
            at.is_number() && (first.is_null() || at.get<double>() < first.get<double>()))
            first = at;
    }
    return first;
}

int rank(const std::string &severity)
{
    return severity == "error" ? 2 : severity == "warning" ? 1 : 0;
}

Answer aboutSound(Answer answer, const Json &call)
{
    const std::string option = answer.expectation.option, wanted = answer.expectation.wanted;
    const auto sounds = soundsOf(call);
    const auto any = [&](const std::function<bool(const Json &)> &fits) {
        return std::any_of(sounds.begin(), sounds.end(), fits);
    };
    answer.text = heardText(call);
    if (option == "--tone") {
        answer.met = any([&](const Json &part) { return hasTone(part, hertzIn(wanted)); });
    } else if (option == "--heard") {
        answer.met = any([&](const Json &part) { return part.value("what", "") == wanted; });
    } else if (option == "--country") {
        answer.met = any([&](const Json &part) {
            const auto codes = part.value("countries", std::vector<std::string>());
            return std::any_of(codes.begin(), codes.end(), [&](const std::string &code) {
                return base::equalsNoCase(code, wanted);
            });
        });
    } else if (option == "--level-above") {
        answer.met = any([&](const Json &part) {
            return audible(part) && part.value("level_dbfs", -96.0) > *numberIn(wanted);
        });
    } else {
        answer.met = any(audible);
    }
    return answer;
}

/// With the factors of the E-model (ITU-T G.107) that lower it.
std::string qualityText(const Json &quality)
{
    const auto of = [&](const char *name) {
        const Json value = quality.value(name, Json(nullptr));
        return value.is_number() ? value.get<double>() : 0.0;
    };
    return fmt::format("MOS {:.2f}: R {:.1f}, less {:.1f} for {} with {:.2f} % lost, less {:.1f} "
                       "for a delay of {:.0f} ms",
                       of("mos"), of("r"), of("ie_effective"), quality.value("codec", "the codec"),
                       100 * of("loss"), of("delay_impairment"), of("delay_ms"));
}

Answer aboutQuality(Answer answer, const Json &call)
{
    const Json media = call.value("media", Json(nullptr));
    const Json quality = media.is_object() ? media.value("quality", Json(nullptr)) : Json(nullptr);
    const Json mos = media.is_object() ? media.value("mos", Json(nullptr)) : Json(nullptr);
    if (!mos.is_number()) {
        answer.text = "no MOS can be told: nothing was heard, or of a codec without figures (ITU-T "
                      "G.113)";
        return answer;
    }
    answer.met = mos.get<double>() >= *numberIn(answer.expectation.wanted);
    answer.text = qualityText(quality);
    return answer;
}

std::string localEnd(const Json &call, const Json &final)
{
    const std::string text = final.value("text", final.value("phrase", "")); // why it ended here
    for (const Json &each : call.value("responses", Json::array()))
        if (each.value("code", 0) / 100 == 2)
            return "200 came, and the call was ended here: " + text;
    return "no final response came: " + text;
}

Answer aboutCodes(Answer answer, const Json &call)
{
    const std::string option = answer.expectation.option, wanted = answer.expectation.wanted;
    if (option == "--code") {
        const Json final = call.value("final", Json::object());
        const int code = final.is_object() ? final.value("code", 0) : 0;
        const bool local = final.is_object() && final.value("local", false);
        answer.met = !local && fitsCode(wanted, code);
        answer.text =
            local       ? localEnd(call, final)
            : code == 0 ? "no final response came"
                        : fmt::format("the call ended with {} {}", code, final.value("phrase", ""));
        return answer;
    }
    std::vector<int> codes;
    for (const Json &each : call.value("responses", Json::array())) {
        const int code = each.value("code", 0);
        if (code < 200 && std::find(codes.begin(), codes.end(), code) == codes.end())
            codes.push_back(code);
    }
    answer.met =
        std::any_of(codes.begin(), codes.end(), [&](int code) { return fitsCode(wanted, code); });
    answer.text = codes.empty() ? std::string("no provisional response came")
                                : fmt::format("provisional responses: {}", fmt::join(codes, ", "));
    return answer;
}

Answer aboutFindings(Answer answer, const Json &call)
{
    const auto &[option, wanted] = answer.expectation;
    const bool none = option == "--no-finding";
    std::vector<std::string> texts, rules;
    for (const Json &finding : call.value("findings", Json::array())) {
        const std::string rule = finding.value("rule", "");
        rules.push_back(rule);
        if (none ? rank(finding.value("severity", "")) >= rank(wanted) : rule == wanted)
            texts.push_back(fmt::format("{} ({}): {}", rule, finding.value("severity", ""),
                                        finding.value("text", "")));
    }
    answer.met = texts.empty() == none;
    answer.text = !texts.empty()  ? fmt::format("{}", fmt::join(texts, "; "))
                  : none          ? fmt::format("no finding of severity {} or above", wanted)
                  : rules.empty() ? std::string("nothing was found")
                                  : fmt::format("found only {}", fmt::join(rules, ", "));
    return answer;
}

} // namespace

base::Result<std::vector<Expectation>> readExpectations(const Arguments &arguments)
{
    std::vector<Expectation> out;
    for (const OptionSpec &spec : kExpectations) {
        if (spec.value.empty() && arguments.has(spec.name))
            out.push_back({std::string(spec.name), {}});
        else
            for (const std::string &value : arguments.values(spec.name))
                out.push_back({std::string(spec.name), value});
    }
    if (out.empty())
        return base::fail(base::ErrorCode::BadInput,
                          "What is expected of the call? Give --code 200, --not-silent or another "
                          "expectation.");
    for (const Expectation &each : out)
        if (const auto sentence = why(each); !sentence.empty())
            return base::fail(base::ErrorCode::BadInput,
                              fmt::format("{} {}, not \"{}\".", each.option, sentence,
                                          base::printable(each.wanted, false, 40)));
    return out;
}

std::vector<Answer> holdAgainst(const Json &call, const std::vector<Expectation> &expectations)
{
    std::vector<Answer> out;
    for (const Expectation &each : expectations) {
        Answer answer{each, false, {}};
        if (each.option == "--early-media-within")
            out.push_back(within(std::move(answer), firstEarly(call), "the first early RTP"));
        else if (each.option == "--pdd-within")
            out.push_back(
                within(std::move(answer), call.value("first_18x", Json(nullptr)), "the first 18x"));
        else if (each.option == "--answered-within")
            out.push_back(
                within(std::move(answer), call.value("answered", Json(nullptr)), "the answer"));
        else if (each.option == "--mos-at-least")
            out.push_back(aboutQuality(std::move(answer), call));
        else if (each.option == "--code" || each.option == "--provisional")
            out.push_back(aboutCodes(std::move(answer), call));
        else if (each.option == "--finding" || each.option == "--no-finding")
            out.push_back(aboutFindings(std::move(answer), call));
        else
            out.push_back(aboutSound(std::move(answer), call));
    }
    return out;
}

std::string junitOf(const std::string &target, const std::vector<Answer> &answers, double seconds)
{
    const auto failures = std::count_if(answers.begin(), answers.end(),
                                        [](const Answer &answer) { return !answer.met; });
    std::string out = fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
        "<testsuite name=\"earshot expect {}\" tests=\"{}\" failures=\"{}\" errors=\"0\" "
        "skipped=\"0\" time=\"{:.3f}\">\n",
        report::escaped(target), answers.size(), failures, seconds);
    for (const auto &[expectation, met, text] : answers) {
        const std::string name = report::escaped(
            expectation.wanted.empty() ? expectation.option
                                       : expectation.option + " " + expectation.wanted);
        out += fmt::format("<testcase classname=\"earshot.expect\" name=\"{}\" time=\"{:.3f}\">\n",
                           name, seconds);
        if (met)
            out += fmt::format("<system-out>{}</system-out>\n", report::escaped(text));
        else
            out += fmt::format("<failure message=\"{}\" type=\"expectation\">{}</failure>\n",
                               report::escaped(text), report::escaped(text));
        out += "</testcase>\n";
    }
    return out + "</testsuite>\n</testsuites>\n";
}

} // namespace app
