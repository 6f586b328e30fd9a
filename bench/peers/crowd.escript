#!/usr/bin/env escript
%%! -noshell
%% The work of bench/crowd_cases.hpp with Erlang's processes: crowd.escript CASE SCALE prints messages a second.
-mode(compile).

main([Case, Scale]) ->
    {Factor, _} = string:to_float(case string:find(Scale, ".") of nomatch -> Scale ++ ".0"; _ -> Scale end),
    {Count, Work} = work(Case, Factor),
    Began = erlang:monotonic_time(nanosecond),
    Work(),
    Took = erlang:monotonic_time(nanosecond) - Began,
    io:format("~p~n", [Count * 1.0e9 / Took]),
    halt(0).

work(Case, Factor) ->
    N = fun(Count) -> trunc(Count * Factor) end,
    case Case of
        "ping-pong" -> {N(1000000), fun() -> pairs(2, N(1000000)) end};
        "100 pairs" -> {N(4000000), fun() -> pairs(200, N(4000000)) end};
        "fan-in, outside thread" -> {N(1000000), fun() -> fan_in(1, N(1000000)) end};
        "fan-in, 4 actors" -> {N(2000000), fun() -> fan_in(4, N(2000000)) end};
        "ring of 100" -> {N(1000000), fun() -> ring(100, N(1000000)) end};
        "big, 120 actors" -> {N(2400000), fun() -> big(120, N(2400000)) end};
        "fork-join, 60 actors" -> {N(3000000), fun() -> fork_join(60, N(3000000)) end};
        "spawn and stop, 20,000" -> {N(20000), fun() -> spawn_and_stop(N(20000)) end}
    end.

packet(A) -> {packet, 0, 0, A, 0, 0}.

wait_for(0) -> ok;
wait_for(Left) -> receive over -> wait_for(Left - 1) end.

passer(Next, Over) ->
    receive
        {next, To} -> passer(To, Over);
        {packet, _, _, 0, _, _} -> Over ! over;
        {packet, _, _, A, _, _} -> Next ! packet(A - 1), passer(Next, Over)
    end.

counter(0, Over) -> Over ! over;
counter(Left, Over) -> receive {packet, _, _, _, _, _} -> counter(Left - 1, Over) end.

pairs(Actors, Messages) ->
    Self = self(),
    Pairs = [begin
                 A = spawn(fun() -> passer(none, Self) end),
                 B = spawn(fun() -> passer(A, Self) end),
                 A ! {next, B},
                 A
             end || _ <- lists:seq(1, Actors div 2)],
    [A ! packet(Messages div (Actors div 2)) || A <- Pairs],
    wait_for(Actors div 2).

ring(Actors, Messages) ->
    Self = self(),
    First = spawn(fun() -> passer(none, Self) end),
    Last = lists:foldl(fun(_, Next) -> spawn(fun() -> passer(Next, Self) end) end, First, lists:seq(2, Actors)),
    First ! {next, Last},
    First ! packet(Messages),
    wait_for(1).

send_many(_, 0) -> ok;
send_many(To, Left) -> To ! packet(0), send_many(To, Left - 1).

fan_in(Senders, Messages) ->
    Self = self(),
    Each = Messages div Senders,
    To = spawn(fun() -> counter(Each * Senders, Self) end),
    [spawn(fun() -> send_many(To, Each) end) || _ <- lists:seq(1, Senders)],
    wait_for(1).

fork_join(Workers, Messages) ->
    Self = self(),
    Each = Messages div Workers,
    All = [spawn(fun() -> counter(Each, Self) end) || _ <- lists:seq(1, Workers)],
    deal(All, Each),
    wait_for(Workers).

deal(_, 0) -> ok;
deal(All, Left) -> [To ! packet(0) || To <- All], deal(All, Left - 1).

big(Actors, Messages) ->
    Self = self(),
    Talks = Messages div Actors div 2,
    All = [spawn(fun() -> receive {all, Others} -> talker(Others, Actors, Talks, I * 2654435761 + 1, Self) end end)
           || I <- lists:seq(0, Actors - 1)],
    Others = list_to_tuple(All),
    [A ! {all, Others} || A <- All],
    [A ! answer || A <- All],
    wait_for(Actors).

talker(All, Size, Left, Random, Over) ->
    receive
        {question, From} -> From ! answer, talker(All, Size, Left, Random, Over);
        answer when Left =:= 0 -> Over ! over, talker(All, Size, -1, Random, Over);
        answer when Left < 0 -> talker(All, Size, Left, Random, Over);
        answer ->
            Next = (Random * 1664525 + 1013904223) band 16#FFFFFFFF,
            element((Next bsr 8) rem Size + 1, All) ! {question, self()},
            talker(All, Size, Left - 1, Next, Over)
    end.

spawn_and_stop(Actors) ->
    Self = self(),
    All = [spawn(fun() -> receive stop -> Self ! over end end) || _ <- lists:seq(1, Actors)],
    [A ! stop || A <- All],
    wait_for(Actors).
