// SPDX-License-Identifier: Apache-2.0
// Private to diagnosis: "name=value;name" as a=fmtp has it for most codecs. Pure.
#pragma once

#include <base/text.h>
#include <optional>
#include <string_view>

namespace diagnosis {

/// The value of that parameter, its name in any case; empty where it has none; nullopt: not there.
inline std::optional<std::string_view> formatParameter(std::string_view fmtp, std::string_view name)
{
    for (const auto part : base::split(fmtp, ';')) {
        const auto equals = part.find('=');
        if (base::equalsNoCase(base::trim(part.substr(0, equals)), name))
            return equals == std::string_view::npos ? std::string_view()
                                                    : base::trim(part.substr(equals + 1));
    }
    return std::nullopt;
}

} // namespace diagnosis
