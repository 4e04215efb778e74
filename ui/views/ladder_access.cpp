// SPDX-License-Identifier: Apache-2.0
#include <ui/views/ladder_access.h>

#include <QAccessibleWidget>
#include <ui/text.h>
#include <ui/views/ladder_view.h>
#include <vector>

namespace ui {
namespace {

class LadderAccess;

class RowAccess : public QAccessibleInterface
{
public:
    RowAccess(LadderView *ladder, int row) : m_ladder(ladder), m_row(row) {}

    bool isValid() const override { return spoken() != nullptr; }
    QObject *object() const override { return nullptr; }
    QAccessibleInterface *childAt(int, int) const override { return nullptr; }
    QAccessibleInterface *parent() const override
    {
        return QAccessible::queryAccessibleInterface(m_ladder);
    }
    QAccessibleInterface *child(int) const override { return nullptr; }
    int childCount() const override { return 0; }
    int indexOfChild(const QAccessibleInterface *) const override { return -1; }
    QString text(QAccessible::Text kind) const override
    {
        const std::string *words = spoken();
        return kind == QAccessible::Name && words != nullptr ? shown(*words) : QString();
    }
    void setText(QAccessible::Text, const QString &) override {}
    QRect rect() const override
    {
        const QRect rect = m_ladder->rowRect(m_row);
        return {m_ladder->viewport()->mapToGlobal(rect.topLeft()), rect.size()};
    }
    QAccessible::Role role() const override { return QAccessible::ListItem; }
    QAccessible::State state() const override
    {
        QAccessible::State state;
        state.selectable = true;
        state.focusable = true;
        state.selected = m_ladder->selectedIndex() == m_row;
        state.focused = state.selected && m_ladder->hasFocus();
        return state;
    }

private:
    const std::string *spoken() const
    {
        const ladder::Scene *scene = m_ladder->scene();
        if (scene == nullptr || static_cast<std::size_t>(m_row) >= scene->rows.size())
            return nullptr;
        return &scene->rows[static_cast<std::size_t>(m_row)].spoken;
    }

    LadderView *m_ladder;
    int m_row;
};

class LadderAccess : public QAccessibleWidget
{
public:
    explicit LadderAccess(LadderView *ladder)
        : QAccessibleWidget(ladder, QAccessible::List), m_ladder(ladder)
    {
    }
    ~LadderAccess() override
    {
        for (const QAccessible::Id id : m_rows) {
            if (id != 0)
                QAccessible::deleteAccessibleInterface(id);
        }
    }
    int childCount() const override
    {
        return m_ladder->scene() == nullptr ? 0 : static_cast<int>(m_ladder->scene()->rows.size());
    }
    QAccessibleInterface *child(int index) const override
    {
        if (index < 0 || index >= childCount())
            return nullptr;
        if (m_rows.size() <= static_cast<std::size_t>(index))
            m_rows.resize(static_cast<std::size_t>(index) + 1, 0);
        QAccessible::Id &id = m_rows[static_cast<std::size_t>(index)];
        if (id == 0)
            // The registry owns what it was given: no leak.
            // NOLINTNEXTLINE(clang-analyzer-cplusplus.NewDeleteLeaks)
            id = QAccessible::registerAccessibleInterface(new RowAccess(m_ladder, index));
        return QAccessible::accessibleInterface(id);
    }
    int indexOfChild(const QAccessibleInterface *child) const override
    {
        for (std::size_t i = 0; i < m_rows.size(); ++i) {
            if (m_rows[i] != 0 && QAccessible::accessibleInterface(m_rows[i]) == child)
                return static_cast<int>(i);
        }
        return -1;
    }
    QAccessibleInterface *focusChild() const override { return child(m_ladder->selectedIndex()); }

private:
    LadderView *m_ladder;
    mutable std::vector<QAccessible::Id> m_rows; // by row, made when somebody asks
};

} // namespace

QAccessibleInterface *ladderAccess(const QString &className, QObject *object)
{
    if (className != QLatin1String("ui::LadderView"))
        return nullptr;
    auto *ladder = qobject_cast<LadderView *>(object);
    return ladder == nullptr ? nullptr : new LadderAccess(ladder);
}

} // namespace ui
