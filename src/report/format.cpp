// SPDX-License-Identifier: Apache-2.0
#include <report/format.h>

#include <algorithm>

namespace report {

const Format *format(std::string_view id)
{
    const auto all = formats::all();
    const auto found = std::find_if(all.begin(), all.end(),
                                    [&](const Format *format) { return format->id == id; });
    return found == all.end() ? nullptr : *found;
}

diagnosis::Evidence evidenceOf(const ReportInput &input, const ReportCall &call)
{
    const bool media =
        input.mediaSeen
            ? *input.mediaSeen
            : std::any_of(input.calls.begin(), input.calls.end(),
                          [](const ReportCall &other) { return !other.streams.empty(); });
    return {
        *call.call, input.trace, call.streams, input.flows, call.now.known() ? call.now : input.now,
        false,      media};
}

ladder::Options ladderOptions(const ReportInput &input)
{
    ladder::Options options;
    options.names = input.names;
    return options;
}

ladder::Outline outlineOf(const ReportInput &input, const ReportCall &call,
                          const ladder::Options &options)
{
    auto out = ladder::outline(evidenceOf(input, call), call.findings, options);
    if (!input.redact)
        return out;
    out.title = redacted(out.title);
    for (ladder::Step &step : out.steps) {
        step.label = redacted(step.label); // a reason phrase is the sender's free text
        step.news = redacted(step.news);
        step.spoken = redacted(step.spoken);
    }
    return out;
}

} // namespace report
