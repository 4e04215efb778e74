// SPDX-License-Identifier: Apache-2.0
#include <ingest/decode/annotations.h>

namespace ingest::decode {
namespace {

constexpr std::size_t kMostBytes = 64U << 20U;

} // namespace

bool Annotations::fits(std::size_t bytes)
{
    if (m_bytes + bytes > kMostBytes) {
        ++m_refused;
        return false;
    }
    m_bytes += bytes;
    return true;
}

std::shared_ptr<const std::string> Annotations::kept(std::string text)
{
    if (text.empty() || !fits(text.size()))
        return nullptr;
    return std::make_shared<const std::string>(std::move(text));
}

void Annotations::remark(std::string text)
{
    if (!text.empty() && fits(text.size()))
        m_remarks.push_back(std::move(text));
}

} // namespace ingest::decode
