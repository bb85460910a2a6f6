package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
)

const (
	// cloudStack is the stack's name on the stand-in for Pulumi Cloud.
	cloudStack = "acme/cases/dev"
	goodToken  = "pul-0000000000000000000000000000000000000000"
	badToken   = "pul-1111111111111111111111111111111111111111"
	updateID   = "00000000-0000-0000-0000-000000000000"
)

// newCloud is as much of Pulumi Cloud's API as a run needs that only reads the state: the stack
// starts from the state given, and what a run sends is taken and forgotten.
func newCloud(state []byte, busy bool) *httptest.Server {
	stack := "/api/stacks/" + cloudStack
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/user", answer(map[string]any{
		"githubLogin": "ci", "name": "CI", "organizations": []any{map[string]any{"githubLogin": "acme", "name": "acme"}},
	}))
	mux.HandleFunc("GET /api/capabilities", answer(map[string]any{"capabilities": []any{}}))
	mux.HandleFunc("GET "+stack, answer(map[string]any{
		"id": updateID, "orgName": "acme", "projectName": "cases", "stackName": "dev", "version": 6, "tags": map[string]any{},
	}))
	mux.HandleFunc("GET "+stack+"/export", answer(json.RawMessage(state)))
	mux.HandleFunc("GET /api/stacks/", refuse(http.StatusNotFound, "Not Found: Stack 'acme/cases/nosuch' not found"))
	start := answer(map[string]any{"version": 7, "token": "lease"})
	if busy {
		start = refuse(http.StatusConflict, "Conflict: Another update is currently in progress.")
	}
	for _, kind := range []string{"preview", "update", "refresh", "destroy"} {
		mux.HandleFunc("POST "+stack+"/"+kind, answer(map[string]any{"updateID": updateID}))
		mux.HandleFunc("POST "+stack+"/"+kind+"/{id}", start)
	}
	mux.HandleFunc("/", answer(map[string]any{}))
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.Header.Get("Authorization"), goodToken) && !strings.HasPrefix(r.Header.Get("Authorization"), "update-token") {
			refuse(http.StatusUnauthorized, "Unauthorized: No credentials provided or are invalid.")(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	}))
}

func answer(value any) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(value)
	}
}

func refuse(code int, message string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		_ = json.NewEncoder(w).Encode(map[string]any{"code": code, "message": message})
	}
}
