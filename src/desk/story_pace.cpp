// SPDX-License-Identifier: Apache-2.0
#include <desk/story_pace.h>

#include <algorithm>

namespace desk {

base::Duration timeToRead(std::string_view caption)
{
    constexpr base::Duration kLeast = std::chrono::seconds(2);
    constexpr base::Duration kEach = std::chrono::milliseconds(65); // a character
    return std::max(kLeast, kEach * static_cast<std::int64_t>(caption.size()));
}

bool StoryPace::goesOn(std::string_view caption, base::Duration shown, unsigned nextsBefore) const
{
    switch (m_kind.load()) {
    case Kind::AtOnce:
        return true;
    case Kind::ByHand:
        return m_nexts != nextsBefore;
    case Kind::Slow:
        return shown >= 2 * timeToRead(caption);
    case Kind::ToRead:
        break;
    }
    return shown >= timeToRead(caption);
}

StoryPace &storyPace()
{
    static StoryPace pace;
    return pace;
}

} // namespace desk
