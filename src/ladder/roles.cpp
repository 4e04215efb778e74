// SPDX-License-Identifier: Apache-2.0
#include <ladder/roles.h>

#include <array>

namespace ladder {

std::string_view roleName(Role role)
{
    static constexpr std::array<std::string_view, 21> kNames{
        "background",   "surface",      "lifeline", "text",          "muted",
        "request",      "provisional",  "success",  "redirect",      "client-error",
        "server-error", "global-error", "media",    "early-media",   "local",
        "keep-alive",   "highlight",    "gap",      "finding-error", "finding-warning",
        "finding-info"};
    const auto index = static_cast<std::size_t>(role);
    return index < kNames.size() ? kNames[index] : std::string_view("text");
}

Role roleOfStatus(int status)
{
    if (status < 100)
        return Role::Request;
    switch (status / 100) {
    case 1:
        return Role::Provisional;
    case 2:
        return Role::Success;
    case 3:
        return Role::Redirect;
    case 4:
        return Role::ClientError;
    case 5:
        return Role::ServerError;
    default:
        return Role::GlobalError; // 6xx, and codes that no class is known for: nothing good
    }
}

std::string_view glyphOfStatus(int status)
{
    if (status == 430)
        return "↯";
    switch (roleOfStatus(status)) {
    case Role::Provisional:
        return "◐";
    case Role::Success:
        return "✓";
    case Role::Redirect:
        return "↪";
    case Role::ClientError:
        return "✕";
    case Role::ServerError:
        return "▲";
    case Role::GlobalError:
        return "⊗";
    default:
        return "▸";
    }
}

} // namespace ladder
