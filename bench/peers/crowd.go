// The work of bench/crowd_cases.hpp with goroutines and channels: crowd CASE SCALE prints messages a second.
package main

import (
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"
)

type packet struct {
	from, kind uint32
	a, b, c    uint64
}

const (
	question = 1
	answer   = 2
	room     = 1024 // of a channel; a goroutine that sends into a full one waits
)

func crowd(size int, capacity int) []chan packet {
	all := make([]chan packet, size)
	for i := range all {
		all[i] = make(chan packet, capacity)
	}
	return all
}

func passer(in, out chan packet, over *sync.WaitGroup) {
	for what := range in {
		if what.a == 0 {
			over.Done()
			return
		}
		out <- packet{a: what.a - 1}
	}
}

func counter(in chan packet, left int, over *sync.WaitGroup) {
	for ; left > 0; left-- {
		<-in
	}
	over.Done()
}

func pairs(actors, messages int) {
	var over sync.WaitGroup
	over.Add(actors / 2)
	all := crowd(actors, room)
	for i := range all {
		go passer(all[i], all[i^1], &over)
	}
	for i := 0; i < actors; i += 2 {
		all[i] <- packet{a: uint64(messages / (actors / 2))}
	}
	over.Wait()
}

func ring(actors, messages int) {
	var over sync.WaitGroup
	over.Add(1)
	all := crowd(actors, room)
	for i := range all {
		go passer(all[i], all[(i+1)%actors], &over)
	}
	all[0] <- packet{a: uint64(messages)}
	over.Wait()
}

func fanIn(senders, messages int) {
	var over sync.WaitGroup
	over.Add(1)
	to := make(chan packet, room)
	go counter(to, messages/senders*senders, &over)
	for s := 0; s < senders; s++ {
		go func(number uint32) {
			for i := 0; i < messages/senders; i++ {
				to <- packet{from: number}
			}
		}(uint32(s))
	}
	over.Wait()
}

func forkJoin(actors, messages int) {
	var over sync.WaitGroup
	workers := actors - 1
	over.Add(workers)
	all := crowd(workers, room)
	for i := range all {
		go counter(all[i], messages/workers, &over)
	}
	for i := 0; i < messages/workers*workers; i++ {
		all[i%workers] <- packet{}
	}
	over.Wait()
}

// A channel holds all that may wait for a talker: each has one question out at a time.
func big(actors, messages int) {
	var over sync.WaitGroup
	over.Add(actors)
	all := crowd(actors, 2*actors+2)
	for i := range all {
		go func(number, random uint32) {
			left := messages / actors / 2
			for what := range all[number] {
				if what.kind == question {
					all[what.from] <- packet{from: number, kind: answer}
					continue
				}
				if left == 0 {
					over.Done()
				}
				left--
				if left < 0 {
					continue
				}
				random = random*1664525 + 1013904223
				all[(random>>8)%uint32(actors)] <- packet{from: number, kind: question}
			}
		}(uint32(i), uint32(i)*2654435761+1)
	}
	for i := range all {
		all[i] <- packet{kind: answer}
	}
	over.Wait()
}

func spawnAndStop(actors int) {
	var over sync.WaitGroup
	over.Add(actors)
	all := crowd(actors, 1)
	for i := range all {
		go func(in chan packet) {
			for range in {
			}
			over.Done()
		}(all[i])
	}
	for i := range all {
		close(all[i])
	}
	over.Wait()
}

func main() {
	scale, _ := strconv.ParseFloat(os.Args[2], 64)
	scaled := func(count float64) int { return int(count * scale) }
	work := map[string]struct {
		count int
		run   func(int)
	}{
		"ping-pong":              {scaled(1e6), func(n int) { pairs(2, n) }},
		"100 pairs":              {scaled(4e6), func(n int) { pairs(200, n) }},
		"fan-in, outside thread": {scaled(1e6), func(n int) { fanIn(1, n) }},
		"fan-in, 4 actors":       {scaled(2e6), func(n int) { fanIn(4, n) }},
		"ring of 100":            {scaled(1e6), func(n int) { ring(100, n) }},
		"big, 120 actors":        {scaled(2.4e6), func(n int) { big(120, n) }},
		"fork-join, 60 actors":   {scaled(3e6), func(n int) { forkJoin(61, n) }},
		"spawn and stop, 20,000": {scaled(20000), spawnAndStop},
	}[os.Args[1]]
	began := time.Now()
	work.run(work.count)
	fmt.Println(float64(work.count) / time.Since(began).Seconds())
}
