use forbear_guest_sdk::testing::{Harness, Scene, account};
use forbear_guest_sdk::{Date, Money, Operation, find};
use payday::Payday;

fn paid_on(day: i64) -> Scene {
    Scene::new().fact("wages", ["pay_day"], [(day,)])
}

#[test]
fn the_page_may_name_the_next_payday() {
    let rules = Harness::<Payday>::new();
    for (today, pay_day, expected) in [
        ("2026-03-16 10:00", 25, "2026-03-25"),
        ("2026-03-25 10:00", 25, "2026-04-25"),
        ("2026-02-10 10:00", 31, "2026-02-28"),
    ] {
        let values = rules.before_page(paid_on(pay_day).at(today).before_page()).ok();
        assert_eq!(find(&values, "payday").unwrap().to_string(), expected, "{today}");
    }
}

#[test]
fn the_whole_balance_is_promised_for_that_day() {
    let rules = Harness::<Payday>::new();
    let scene = paid_on(25).account(account("ACC1").balance("320.00"));
    let reply = rules.after_response(scene.after_response(Some("PROMISE_PAYDAY")));
    assert_eq!(reply.log, ["320.00 promised for 2026-03-25"]);
    let promise = Operation::promise(Money::from_major(320), Date::parse("2026-03-25").unwrap(), "EFT");
    assert_eq!(reply.ok()[0], promise);
}

#[test]
fn without_a_known_payday_nothing_happens() {
    let rules = Harness::<Payday>::new();
    assert_eq!(rules.before_page(Scene::new().before_page()).ok(), []);
    assert_eq!(rules.after_response(Scene::new().after_response(Some("PROMISE_PAYDAY"))).ok(), []);
}

#[test]
fn a_day_that_no_month_has_is_an_error_in_the_log() {
    let reply = Harness::<Payday>::new().before_page(paid_on(45).before_page());
    assert_eq!(reply.answer.unwrap_err(), "pay_day is 45, not a day of a month");
}
