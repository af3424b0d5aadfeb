"""Who asks for ever more pushes out nobody else; what was used or forged signs nobody in."""

from desk.web.sessions import MOST, OWN, Sessions, SignedIn


def test_nobody_can_push_out_anothers_challenge() -> None:
    sessions = Sessions()
    first = sessions.challenge()
    for _ in range(MOST + 10):
        sessions.challenge()
    assert sessions.holds(first)


def test_a_challenge_is_used_once_and_is_nobody_elses() -> None:
    sessions = Sessions()
    challenge = sessions.challenge()
    sessions.use(challenge)
    assert not sessions.holds(challenge)
    given, _, proof = sessions.challenge().rpartition(".")
    later = f"{given.rpartition('.')[0]}.99999999999"
    for forged in ("", ".", "a.b.c", f"{later}.{proof}", f"{given}.{proof[:-1]}", "\ud800.1.é", Sessions().challenge()):
        assert not sessions.holds(forged)


def test_whoever_signs_in_often_ends_their_own_sessions_alone() -> None:
    sessions = Sessions()
    rita = sessions.begin(SignedIn("rita", "cml0YQ"))
    cookies = [sessions.begin(SignedIn("olga", "b2xnYQ")) for _ in range(OWN + 3)]
    assert [sessions.signed_in(cookie) is None for cookie in cookies] == [True] * 3 + [False] * OWN
    assert sessions.signed_in(rita) == SignedIn("rita", "cml0YQ")
    sessions.end(rita)
    assert sessions.signed_in(rita) is None
