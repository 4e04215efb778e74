// SPDX-License-Identifier: Apache-2.0
// Roles of the ladder's pieces. ui/theme (and report's SVG) map them to colours, pens and glyphs,
// nobody else.
#pragma once

#include <cstdint>
#include <string_view>

namespace ladder {

enum class Role : std::uint8_t {
    Background,
    Surface,
    Lifeline,
    Text,
    Muted,
    Request,
    Provisional, // 1xx
    Success,     // 2xx
    Redirect,    // 3xx
    ClientError, // 4xx
    ServerError, // 5xx
    GlobalError, // 6xx
    Media,
    EarlyMedia,
    Local, // events inside Earshot
    KeepAlive,
    Highlight, // 183 and 430
    Gap,
    FindingError,
    FindingWarning,
    FindingInfo,
};
enum class LineStyle : std::uint8_t { Solid, Dashed, Double, Wave, Dotted };
enum class Align : std::uint8_t { Left, Centre, Right };
enum class Weight : std::uint8_t { Normal, Bold };

std::string_view roleName(Role role); // "client-error": CSS class and text dump
Role roleOfStatus(int status);        // 430 -> ClientError, 0 -> Request
/// A glyph that tells the class without colour: request, 1xx ... 6xx; 430 has its own (broken
/// link).
std::string_view glyphOfStatus(int status);

} // namespace ladder
