// SPDX-License-Identifier: Apache-2.0
// What earshot expect holds against a call: each expectation with its answer in one sentence. Pure
// functions of the call's JSON document.
#pragma once

#include <app/arguments.h>
#include <array>
#include <nlohmann/json.hpp>

namespace app {

inline constexpr std::array kExpectations{
    OptionSpec{"--early-media-within", "S", "RTP before the answer, so soon after the INVITE"},
    OptionSpec{"--tone", "HZ", "a tone of this frequency before the answer (425Hz, 440+480)"},
    OptionSpec{"--heard", "WHAT", "ringback, busy, congestion, sit, speech, music, silence, ..."},
    OptionSpec{"--country", "CC", "a tone of this country's network (DE, US)"},
    OptionSpec{"--not-silent", "", "something can be heard before the answer"},
    OptionSpec{"--level-above", "DBFS", "what is heard is louder than this (-40)"},
    OptionSpec{"--provisional", "CODE", "this provisional response came", true},
    OptionSpec{"--pdd-within", "S", "the first 18x, so soon after the INVITE"},
    OptionSpec{"--answered-within", "S", "the answer, so soon after the INVITE"},
    OptionSpec{"--mos-at-least", "MOS", "what was heard to the end is worth that much (E-model)"},
    OptionSpec{"--code", "CODE", "the final response (200, 4xx)"},
    OptionSpec{"--finding", "RULE", "this finding", true},
    OptionSpec{"--no-finding", "info|warning|error", "no finding of this severity or a higher one"},
};

struct Expectation {
    std::string option, wanted; // "--tone", "425Hz"; wanted is empty for a flag
};

struct Answer {
    Expectation expectation;
    bool met = false;
    std::string text; // what was found instead, or with
};

/// In the order of the table. Errors: none at all, or a value that means nothing.
base::Result<std::vector<Expectation>> readExpectations(const Arguments &arguments);
/// `call`: what earshot call --json prints.
std::vector<Answer> holdAgainst(const nlohmann::ordered_json &call,
                                const std::vector<Expectation> &expectations);
/// JUnit's XML: a test case each.
std::string junitOf(const std::string &target, const std::vector<Answer> &answers, double seconds);

} // namespace app
