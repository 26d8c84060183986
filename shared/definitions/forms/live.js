var d=document,k='beckon-'+F.id,U=d.currentScript.src.replace(/\/embed\.js.*/,'');
function keep(v){try{localStorage.setItem(k,v)}catch(e){}}
function ask(p,b){return fetch(U+p,{method:b?'POST':'GET',headers:{accept:'application/json'},body:b,credentials:'omit'}).then(r=>r.json())}
function live(f){
var t='',q,b=f.querySelector('button'),s=f.querySelector('[role]'),say=m=>s.textContent=m;
f.addEventListener('focusin',()=>{q=q||ask('/token').then(a=>t=a.token,()=>q=0)});
f.addEventListener('submit',e=>{
e.preventDefault();
var v=new URLSearchParams(new FormData(f)),n=(g,m)=>{var x=d.createElement(g);x.textContent=m;f.append(x);return x};
v.set('token',t);b.disabled=1;say('');
ask('',v).then(a=>{
b.disabled=0;
var r=a.error;
t=a.token||t;
if(r){say(r.message);var i=f.querySelector('[name="'+r.field+'"]');i&&i.focus()}
else if(a.status=='press'){say(a.message);b.textContent=a.button;b.focus()}
else{keep('done');f.textContent='';var h=n('h2',a.title);h.tabIndex=-1;n('p',a.message);h.focus()}
},()=>{b.disabled=0;say(F.fail)})
})}
