// SPDX-License-Identifier: Apache-2.0
// What can fail returns Result<T>: the value, or an Error that already holds the sentence the user
// will read. What the wire did wrong is never an Error: it is data (see sip::Flaw).
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace base {

enum class ErrorCode {
    BadInput,
    NotFound,
    NoPermission,
    PortInUse,
    Unresolvable,
    Refused,
    TimedOut,
    Unsupported,
    NoDevice,
    DiskFull,
    Io,
    Cancelled,
    Internal,
};

struct Error {
    ErrorCode code = ErrorCode::Internal;
    std::string sentence; // for the user: what happened and what to do
    std::string context;  // for the log: file, address, errno text
};

template <class T> using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(ErrorCode code, std::string sentence, std::string context = {})
{
    return tl::unexpected<Error>(Error{code, std::move(sentence), std::move(context)});
}

} // namespace base
