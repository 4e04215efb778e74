// SPDX-License-Identifier: Apache-2.0
// The options that say which account registers where.
#pragma once

#include <app/console.h>
#include <array>

namespace app {

inline constexpr std::array kAccountOptions{
    OptionSpec{"--aor", "URI", "address of record: sip:bob@example.com"},
    OptionSpec{"--proxy", "URI", "outbound proxy or registrar; a flow each, reg-id in this order",
               true},
    OptionSpec{"--transport", "udp|tcp|tls", "transport of proxies that name none (tcp)"},
    OptionSpec{"--user", "U", "user name for 401 and 407"},
    OptionSpec{"--password-file", "F", "file whose first line is the password"},
    OptionSpec{"--expires", "S", "registration time asked for (600)"},
    OptionSpec{"--instance", "URN", "instance-id (this device's, kept over restarts)"},
    OptionSpec{"--keep-alive", "", "the proxies answer keep-alives, whatever the registrar says"},
    OptionSpec{"--gruu", "", "use a granted GRUU as Contact of calls (RFC 5627)"},
    OptionSpec{"--plain-after-439", "", "register without outbound where it is refused"},
};

/// Errors: a sentence about what is missing or cannot be.
base::Result<engine::Account> readAccount(const Arguments &arguments);

} // namespace app
