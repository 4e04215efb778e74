// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/response_class.h>

#include <array>

namespace diagnosis {

std::string_view responseClass(int code)
{
    static constexpr std::array<std::string_view, 6> kNames{
        "provisional", "success", "redirection", "client error", "server error", "global failure",
    };
    const int hundreds = code / 100;
    return hundreds < 1 || hundreds > 6 ? "no SIP status code"
                                        : kNames[static_cast<std::size_t>(hundreds) - 1];
}

} // namespace diagnosis
