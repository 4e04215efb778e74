// SPDX-License-Identifier: Apache-2.0
// How long a silence one of our own flows survives: leaves it alone for longer and longer and shows
// the bracket as it narrows.
#pragma once

#include <desk/idle_search.h>
#include <optional>
#include <ui/panels/sheet_dialog.h>

namespace ui {

class IdleDialog : public SheetDialog
{
    Q_OBJECT
public:
    IdleDialog(Store &store, Theme &theme, FlowTarget target, desk::IdleSearch::Limits limits = {},
               QWidget *parent = nullptr);

Q_SIGNALS:
    void leaveAloneWanted(engine::AccountHandle account, std::uint32_t regId,
                          base::Duration silence);
    void reRegisterWanted(engine::AccountHandle account, std::uint32_t regId);

protected:
    QString consent(const base::FlowReport &flow) const override;
    QString unable() const override;
    bool begun() const override { return m_search.has_value(); }
    void begin(const base::FlowReport &flow) override;
    void look(const base::FlowReport *flow) override;
    std::vector<Line> lines() const override;
    Verdict verdict() const override;
    std::string table() const override { return m_search->table(); }

private:
    void resume();

    desk::IdleSearch::Limits m_limits;
    std::optional<desk::IdleSearch> m_search; // once begun
};

} // namespace ui
